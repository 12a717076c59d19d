/* Keys outside fields: /, ?, n, f, e, u and "g" followed by a letter. Targets carry
   data-shortcut="…"; the places of "g" are menu items that exist for the reader. */
(() => {
  "use strict";
  const PLACES = {
    h: ["/"],
    c: ["/customers/"],
    t: ["/complaints/desk/", "/complaints/"],
    s: ["/satisfaction/"],
    e: ["/expenses/applications/"],
    a: ["/approvals/inbox/"],
    r: ["/reports/"],
  };
  const WAIT = 1200;
  let pending = 0;

  function go(letter) {
    for (const path of PLACES[letter] || []) {
      const link = document.querySelector(`#crm-menu a[href="${path}"]`);
      if (link) {
        window.location.assign(link.href);
        return true;
      }
    }
    return false;
  }

  function act(key) {
    if (key === "n") return document.querySelector(".crm-primary a[data-shortcut='n'], .crm-primary a");
    if (key === "u") return document.querySelector(".crm-crumbs li:nth-last-child(2) a");
    return document.querySelector(`[data-shortcut="${CSS.escape(key)}"]`);
  }

  function onKey(event) {
    if (document.documentElement.dataset.shortcuts === "off" || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || window.crm.typing(event)) return;
    if (document.querySelector("dialog[open]")) return;
    if (pending) {
      window.clearTimeout(pending);
      pending = 0;
      if (go(event.key)) event.preventDefault();
      return;
    }
    if (event.key === "g") {
      pending = window.setTimeout(() => (pending = 0), WAIT);
      return;
    }
    if (!["/", "?", "n", "f", "e", "u"].includes(event.key)) return;
    const target = act(event.key);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input")) target.focus();
    else target.click();
  }

  document.addEventListener("keydown", onKey);
})();
