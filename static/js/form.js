/* Forms: one submission per click, Ctrl+Enter sends, the summary of errors takes the focus. */
(() => {
  "use strict";

  function busy(form, on) {
    for (const button of form.querySelectorAll('button[type="submit"]')) {
      button.setAttribute("aria-busy", String(on));
      button.classList.toggle("disabled", on);
      if (!button.dataset.busy) continue;
      if (on) button.dataset.idle = button.textContent;
      if (on || button.dataset.idle) button.textContent = on ? button.dataset.busy : button.dataset.idle;
    }
    form.dataset.sent = on ? "1" : "";
  }

  window.crm.behaviour("form", (form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent === "1") {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      // Next tick: a button disabled now would not send its own name and value.
      window.setTimeout(() => event.defaultPrevented || form.hasAttribute("hx-post") || busy(form, true));
    });
    // Look-ups of single fields, kept drafts and uploads must not lock the form: their events only
    // pass through it.
    form.addEventListener("htmx:beforeRequest", (event) => event.target === form && busy(form, true));
    form.addEventListener("htmx:afterRequest", (event) => event.target === form && busy(form, false));
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    // A page restored by "back" must not stay locked.
    window.addEventListener("pageshow", () => busy(form, false));
  });

  window.crm.behaviour("summary", (summary) => {
    summary.focus();
    summary.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      const field = link && document.getElementById(link.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      const input = field.matches("fieldset") ? field.querySelector("input") : field;
      (input.tomselect ? input.tomselect.control_input : input).focus();
      input.scrollIntoView({ block: "center" });
    });
  });
})();
