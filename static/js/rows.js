/* Rows by keyboard: j and k go down and up, x marks, Enter opens. After a page was turned the focus
   goes to the region, so that screen readers begin at its first row. */
(() => {
  "use strict";
  let turned = false;

  const rows = () => [...document.querySelectorAll(".crm-scroll tbody tr")];

  function move(step) {
    const all = rows();
    if (all.length === 0) return;
    const at = all.findIndex((row) => row.classList.contains("crm-row-current"));
    const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
    all.forEach((row) => row.classList.toggle("crm-row-current", row === next));
    const link = next.querySelector("a");
    if (link) link.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function mark() {
    const row = document.querySelector(".crm-row-current");
    const tick = row && row.querySelector('input[name="pick"]');
    if (tick) tick.click();
  }

  document.addEventListener("keydown", (event) => {
    if (document.documentElement.dataset.shortcuts === "off") return;
    if (event.ctrlKey || event.metaKey || event.altKey || window.crm.typing(event)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "x") mark();
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    turned = event.detail.elt.hasAttribute("data-page");
  });
  window.crm.behaviour("rows", (region) => {
    if (!turned) return;
    turned = false;
    region.focus({ preventScroll: true });
    region.scrollIntoView({ block: "nearest" });
  });
})();
