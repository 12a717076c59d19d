/* The keyboard of an ARIA tree: one tab stop; arrows move and open, Home and End, typing jumps,
   Enter picks. crm.treeKeys(tree, {expand, pick, leave}) gives a function that focuses the first. */
window.crm.treeKeys = (tree, acts) => {
  "use strict";
  const { expand, pick, leave } = acts;
  // Items of closed branches are not drawn and no target.
  const items = () => [...tree.querySelectorAll('[role="treeitem"]')].filter((one) => one.offsetParent);
  const parent = (item) => item.parentElement.closest('[role="treeitem"]');

  function focus(item) {
    if (!item) return;
    tree.querySelectorAll('[role="treeitem"]').forEach((one) => (one.tabIndex = -1));
    item.tabIndex = 0;
    item.focus();
  }

  function jump(item, letter) {
    const all = items();
    const start = all.indexOf(item) + 1;
    const order = [...all.slice(start), ...all.slice(0, start)];
    const wanted = letter.toLowerCase();
    focus(order.find((one) => one.dataset.name.toLowerCase().startsWith(wanted)));
  }

  function act(key, item) {
    const all = items();
    const at = all.indexOf(item);
    const open = item.getAttribute("aria-expanded");
    const moves = {
      ArrowDown: () => focus(all[at + 1]),
      ArrowUp: () => (at === 0 ? leave() : focus(all[at - 1])),
      Home: () => focus(all[0]),
      End: () => focus(all[all.length - 1]),
      ArrowRight: () => (open === "true" ? focus(all[at + 1]) : expand(item, true)),
      ArrowLeft: () => (open === "true" ? expand(item, false) : focus(parent(item))),
      Enter: () => pick(item),
      " ": () => pick(item),
    };
    if (moves[key]) moves[key]();
    else if (key.length === 1) jump(item, key);
    else return false;
    return true;
  }

  tree.addEventListener("keydown", (event) => {
    const item = event.target.closest('[role="treeitem"]');
    if (!item || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!act(event.key, item)) return;
    event.preventDefault();
    event.stopPropagation();
  });
  return () => focus(items()[0]);
};
