/* A form with a draft: what was typed is kept every five seconds, and when the window is left. */
(() => {
  "use strict";
  const SECONDS = 5;

  window.crm.behaviour("draft", (form) => {
    const state = () => form.querySelector("#draft-state");
    let changed = false;
    let saving = false;

    function save() {
      if (!changed || saving || !state() || form.dataset.sent === "1") return;
      changed = false;
      saving = true;
      window.htmx.trigger(state(), "crm:draft");
    }

    function note(event) {
      if (event.target.type !== "file") changed = true;
    }

    form.addEventListener("input", note);
    form.addEventListener("change", note);
    form.addEventListener("htmx:afterRequest", (event) => {
      if (event.detail.elt.id !== "draft-state") return;
      saving = false;
      if (!event.detail.successful) changed = true; // the next turn tries again
    });
    // A saving under way must not bring back what the sent form has just ended.
    form.addEventListener("submit", () => state() && window.htmx.trigger(state(), "htmx:abort"));
    document.addEventListener("visibilitychange", () => document.hidden && form.isConnected && save());
    const timer = window.setInterval(() => (form.isConnected ? save() : window.clearInterval(timer)), SECONDS * 1000);
  });
})();
