/* The one dialog of a page: a link with data-crm="dialog" fills it from its own address. */
(() => {
  "use strict";
  let opener = null;

  const host = () => document.getElementById("crm-dialog");
  const body = () => document.getElementById("crm-dialog-body");

  function close() {
    if (host() && host().open) host().close();
  }

  async function open(link) {
    opener = link;
    link.setAttribute("aria-busy", "true");
    try {
      await window.htmx.ajax("GET", link.href, { target: body(), swap: "innerHTML", source: link });
    } finally {
      link.removeAttribute("aria-busy");
    }
    if (body().childElementCount === 0) return; // refused; the sentence stands on the page
    if (!host().open) host().showModal();
  }

  window.crm.behaviour("dialog", (link) => {
    link.setAttribute("aria-haspopup", "dialog");
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || !window.htmx || !host()) return;
      event.preventDefault();
      if (link.getAttribute("aria-busy") !== "true") open(link);
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
