/* The calendar: an entry is dragged to another day, or carried there by Alt and an arrow. The day
   goes to the server as a plain form; each entry has a page with the same form for everybody else. */
window.crm.behaviour("agenda", (agenda) => {
  "use strict";
  const form = document.getElementById(agenda.dataset.form);
  const DAY = 24 * 3600 * 1000;
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  let held = null;

  const cellOf = (element) => element.closest && element.closest("td[data-day]");
  const cells = () => [...agenda.querySelectorAll("td[data-day]")];

  function hover(cell) {
    for (const one of cells()) one.classList.toggle("crm-agenda-over", one === cell);
  }

  function send(entry, day) {
    form.action = entry.dataset.move;
    form.elements.day.value = day;
    form.elements.version.value = entry.dataset.version;
    form.submit();
  }

  /* Days apart are counted from where the entry was taken: one of several days keeps its length. */
  function shifted(entry, days) {
    const from = Date.parse(`${entry.dataset.from}T00:00:00Z`);
    return new Date(from + days * DAY).toISOString().slice(0, 10);
  }

  function apart(from, to) {
    return Math.round((Date.parse(`${to.dataset.day}T00:00:00Z`) - Date.parse(`${from.dataset.day}T00:00:00Z`)) / DAY);
  }

  agenda.addEventListener("dragstart", (event) => {
    const entry = event.target.closest("[data-move]");
    if (!entry) return;
    held = { entry, from: cellOf(entry) };
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", entry.textContent.trim());
  });
  agenda.addEventListener("dragover", (event) => {
    const cell = held && cellOf(event.target);
    if (!cell) return;
    event.preventDefault();
    hover(cell);
  });
  agenda.addEventListener("drop", (event) => {
    const cell = held && cellOf(event.target);
    if (!cell) return;
    event.preventDefault();
    if (cell !== held.from) send(held.entry, shifted(held.entry, apart(held.from, cell)));
  });
  agenda.addEventListener("dragend", () => {
    held = null;
    hover(null);
  });
  agenda.addEventListener("keydown", (event) => {
    const entry = event.target.closest("[data-move]");
    const step = STEPS[event.key];
    if (!entry || !step || !event.altKey) return;
    event.preventDefault();
    send(entry, shifted(entry, step));
  });
});
