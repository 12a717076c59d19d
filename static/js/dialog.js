/* The one dialog of a page: a link with data-crm="dialog" fills it from its own address, scripts by
   crm.dialog(opener, verb, address, values), which gives the filled body, null when the answer was
   empty (204), or false when it failed. */
(() => {
  "use strict";
  let opener = null;

  const host = () => document.getElementById("crm-dialog");
  const body = () => document.getElementById("crm-dialog-body");

  function close() {
    if (host() && host().open) host().close();
  }

  async function open(from, verb, address, values) {
    opener = from;
    from.setAttribute("aria-busy", "true");
    let failed = false;
    const fail = (event) => (failed = failed || event.detail.target === body());
    const troubles = ["htmx:responseError", "htmx:sendError", "htmx:timeout"];
    for (const one of troubles) document.addEventListener(one, fail);
    try {
      await window.htmx.ajax(verb, address, { target: body(), swap: "innerHTML", source: from, values });
    } finally {
      from.removeAttribute("aria-busy");
      for (const one of troubles) document.removeEventListener(one, fail);
    }
    if (failed) {
      tell();
      return false;
    }
    if (body().childElementCount === 0) return null;
    if (!host().open) host().showModal();
    return body();
  }

  /* The sentence about a failure was put into the dialog, which stays shut: onto the page with it. */
  function tell() {
    const error = body().previousElementSibling;
    if (error) document.getElementById("main").prepend(error);
  }

  window.crm.dialog = open;
  window.crm.behaviour("dialog", (link) => {
    link.setAttribute("aria-haspopup", "dialog");
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || !window.htmx || !host()) return;
      event.preventDefault();
      if (link.getAttribute("aria-busy") !== "true") open(link, "GET", link.href);
    });
  });

  window.crm.behaviour("dialog-host", (dialog) => {
    dialog.addEventListener("click", (event) => {
      if (!event.target.closest("[data-dialog-close]")) return;
      event.preventDefault();
      close();
    });
    dialog.addEventListener("close", () => {
      body().replaceChildren();
      const error = body().previousElementSibling;
      if (error) error.remove();
      if (opener && opener.isConnected) opener.focus();
      opener = null;
    });
    document.addEventListener("crm:close", close);
    document.addEventListener("htmx:load", (event) => {
      if (!dialog.open || !dialog.contains(event.detail.elt)) return;
      const first = dialog.querySelector('[aria-invalid="true"], .crm-summary, [autofocus]');
      if (first) first.focus();
    });
  });
})();
