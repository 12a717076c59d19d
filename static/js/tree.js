/* The tree of units: makes the select of unit_picker.html a button that opens a tree whose branches
   load when they are opened. Keys within the tree: tree-keys.js. */
window.crm.behaviour("unit-tree", (host) => {
  "use strict";
  const select = host.querySelector("select");
  const control = host.querySelector(".crm-unit-control");
  const button = control.querySelector("button");
  const panel = control.querySelector(".crm-unit-panel");
  const search = panel.querySelector("input");
  const tree = panel.querySelector('[role="tree"]');
  let timer = 0;

  if (!host.dataset.url || !window.htmx) return;

  const name = () => (select.selectedOptions[0] ? select.selectedOptions[0].textContent : "");

  function load(into, values) {
    return window.htmx.ajax("GET", host.dataset.url, {
      target: into,
      swap: "innerHTML",
      values: { selected: select.value, ...values },
    });
  }

  async function roots(values) {
    await load(tree, values);
    if (!tree.querySelector("li")) tree.textContent = tree.dataset.empty;
    const first = tree.querySelector('[aria-selected="true"]') || tree.querySelector("li");
    if (first) first.tabIndex = 0;
  }

  function show(open) {
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    search.focus();
    if (!tree.querySelector("li")) roots({ parent: "", level: 1 });
  }

  async function expand(item, open) {
    const branch = item.querySelector(':scope > [role="group"]');
    if (!branch) return;
    if (open && !branch.childElementCount) {
      item.setAttribute("aria-busy", "true");
      const level = Number(item.getAttribute("aria-level")) + 1;
      await load(branch, { parent: item.dataset.code, level });
      item.removeAttribute("aria-busy");
    }
    item.setAttribute("aria-expanded", String(open));
  }

  function pick(item) {
    const { code, name: label } = item.dataset;
    if (![...select.options].some((option) => option.value === code)) select.add(new Option(label, code));
    select.value = code;
    button.firstElementChild.textContent = label;
    tree.querySelectorAll('[aria-selected="true"]').forEach((one) => one.setAttribute("aria-selected", "false"));
    item.setAttribute("aria-selected", "true");
    show(false);
    button.focus();
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function find(event) {
    if (event.isComposing) return;
    event.stopPropagation(); // the search of the tree is no filter of the list around it
    window.clearTimeout(timer);
    const q = search.value.trim();
    timer = window.setTimeout(() => roots(q ? { q, level: 1 } : { parent: "", level: 1 }), 300);
  }

  select.hidden = true;
  control.hidden = false;
  host.querySelector(".crm-unit-label").removeAttribute("for");
  button.firstElementChild.textContent = name();
  button.setAttribute("aria-label", `${button.getAttribute("aria-label")}: ${name()}`);
  select.addEventListener("change", () => {
    const label = host.querySelector(".crm-unit-label").textContent;
    button.setAttribute("aria-label", `${label}: ${name()}`);
  });
  button.addEventListener("click", () => show(panel.hidden));
  search.addEventListener("input", find);
  search.addEventListener("compositionend", find);
  search.addEventListener("change", (event) => event.stopPropagation());
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") focusFirst();
    else if (event.key !== "Enter") return;
    event.preventDefault();
  });
  const focusFirst = window.crm.treeKeys(tree, { expand, pick, leave: () => search.focus() });
  tree.addEventListener("click", (event) => {
    const item = event.target.closest('[role="treeitem"]');
    if (!item) return;
    if (event.target.closest(".crm-unit-turn")) expand(item, item.getAttribute("aria-expanded") !== "true");
    else pick(item);
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    show(false);
    button.focus();
  });
  document.addEventListener("click", (event) => {
    if (!panel.hidden && !control.contains(event.target)) show(false);
  });
});
