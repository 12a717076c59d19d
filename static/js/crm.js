/* The registry of behaviours: crm.behaviour("name", element => …) runs once for each element with
   data-crm="name", at the start and for whatever htmx brings in. */
window.crm = (() => {
  "use strict";
  const behaviours = new Map();
  const bound = new WeakMap();
  let ready = false;

  function bind(element) {
    for (const name of element.dataset.crm.split(/\s+/)) {
      const start = behaviours.get(name);
      const done = bound.get(element) || new Set();
      if (!start || done.has(name)) continue;
      bound.set(element, done.add(name));
      start(element);
    }
  }

  function scan(root) {
    if (!(root instanceof Element)) return;
    if (root.matches("[data-crm]")) bind(root);
    root.querySelectorAll("[data-crm]").forEach(bind);
  }

  function behaviour(name, start) {
    behaviours.set(name, start);
    if (ready) document.querySelectorAll(`[data-crm~="${name}"]`).forEach(bind);
  }

  /* A key that edits text or belongs to an input method must never be a command. */
  function typing(event) {
    const fields =
      'input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable], [role="tree"]';
    const target = event.target instanceof Element ? event.target : null;
    return event.isComposing || event.keyCode === 229 || Boolean(target && target.closest(fields));
  }

  document.addEventListener("DOMContentLoaded", () => {
    ready = true;
    scan(document.body);
  });
  document.addEventListener("htmx:load", (event) => ready && scan(event.detail.elt));
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]');
    if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
  });

  return { behaviour, scan, typing };
})();
