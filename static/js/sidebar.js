/* Folds the left menu to its icons; this browser remembers. */
window.crm.behaviour("sidebar", (host) => {
  "use strict";
  const KEY = "crm-menu";
  const root = document.documentElement;
  const button = host.querySelector("button");

  function apply(folded) {
    if (folded) root.dataset.menu = "folded";
    else delete root.dataset.menu;
    button.setAttribute("aria-pressed", String(folded));
    for (const summary of document.querySelectorAll("#crm-menu summary")) {
      summary.title = folded ? summary.textContent.trim() : "";
    }
  }

  function remember(folded) {
    try {
      window.localStorage.setItem(KEY, folded ? "folded" : "");
    } catch {
      // storage may be switched off; the fold lasts for this page
    }
  }

  host.hidden = false;
  apply(root.dataset.menu === "folded"); // theme.js has read what was remembered
  button.addEventListener("click", () => {
    const folded = root.dataset.menu !== "folded";
    apply(folded);
    remember(folded);
  });
  // A folded menu shows no items: opening a group unfolds it first.
  document.getElementById("crm-menu").addEventListener("click", (event) => {
    if (root.dataset.menu !== "folded" || !event.target.closest("summary")) return;
    if (event.target.closest("summary").parentElement.open) event.preventDefault();
    apply(false);
    remember(false);
  });
});
