/* Leafing through files in the dialog: buttons, and the arrow keys. On a page the links do it. */
(() => {
  "use strict";
  const dialog = () => document.getElementById("crm-dialog");

  function inDialog(link) {
    window.htmx.ajax("GET", link.href, { target: document.getElementById("crm-dialog-body"), swap: "innerHTML", source: link });
  }

  window.crm.behaviour("gallery", (figure) => {
    const close = figure.querySelector("[data-dialog-close]");
    if (dialog() && dialog().contains(figure)) close.focus();
    figure.addEventListener("click", (event) => {
      const link = event.target.closest("[data-step]");
      if (!link || !dialog() || !dialog().contains(figure)) return;
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      inDialog(link);
    });
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const link = document.querySelector(`[data-crm="gallery"] [data-step="${event.key}"]`);
    if (!link || window.crm.typing(event)) return;
    event.preventDefault();
    link.click();
  });
})();
