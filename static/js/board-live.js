/* Beside carrying cards: a step chosen on a card opens its form in the dialog, and what others do
   shows by itself, but never under somebody's hands. */
window.crm.behaviour("board-live", (board) => {
  "use strict";
  const again = document.getElementById("board-again");

  board.addEventListener("submit", (event) => {
    const form = event.target.closest(".crm-board-move");
    if (!form || !window.crm.dialog) return;
    event.preventDefault();
    const address = form.closest(".crm-board-card").dataset.drop.replace(/drop\/$/, `move/${form.elements.move.value}/`);
    window.crm.dialog(form.querySelector("button"), "GET", address);
  });
  again.addEventListener("htmx:beforeRequest", (event) => {
    const busy = document.querySelector(".crm-board-held, dialog[open]") || document.hidden;
    const choosing = document.activeElement && document.activeElement.matches(".crm-board select");
    const asked = event.detail.requestConfig.triggeringEvent;
    if ((busy || choosing) && !(asked && asked.type === "crm:moved")) event.preventDefault();
  });
  again.addEventListener("htmx:beforeSwap", () => {
    window.crm.boardLeft = board.scrollLeft;
  });
  board.scrollLeft = window.crm.boardLeft || 0;
});
