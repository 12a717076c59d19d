/* The board: a card is dragged into another column, or carried there by keys. The server is told by
   one post and answers with nothing (done), with the form of the move, or with why it cannot be. */
window.crm.behaviour("board", (board) => {
  "use strict";
  const voice = document.getElementById("board-voice");
  let held = null; // {card, home, next, over}: the card in somebody's hand and where it came from

  const columnOf = (element) => element.closest("[data-column]");
  const nameOf = (column) => column.querySelector("h2").firstChild.textContent.trim();
  const columns = () => [...board.querySelectorAll("[data-column]")];
  const leads = (card, column) => card.dataset.ways.split(" ").includes(column.dataset.column);

  function say(sentence, words) {
    const text = voice.dataset[sentence];
    voice.textContent = Object.entries(words).reduce((all, [k, v]) => all.replace(`{${k}}`, v), text);
  }

  function pick(card) {
    held = { card, home: card.parentElement, next: card.nextElementSibling, over: columnOf(card) };
    card.classList.add("crm-board-held");
    for (const column of columns()) column.classList.toggle("crm-board-way", leads(card, column));
    const names = columns().filter((one) => leads(card, one)).map(nameOf).join("、");
    say("picked", { number: card.dataset.number, columns: names });
  }

  function hover(column) {
    for (const one of columns()) one.classList.toggle("crm-board-over", one === column);
    if (held && column) held.over = column;
  }

  function release() {
    for (const one of columns()) one.classList.remove("crm-board-way", "crm-board-over");
    if (held) held.card.classList.remove("crm-board-held");
    const was = held;
    held = null;
    return was;
  }

  function putBack({ card, home, next }) {
    if (!home.isConnected) return; // the board was drawn anew meanwhile
    home.insertBefore(card, next && next.isConnected ? next : null);
    card.removeAttribute("aria-busy");
    say("back", { number: card.dataset.number, column: nameOf(columnOf(card)) });
  }

  /* The card waits in its new column; a dialog that closes without a move sends it back. */
  async function drop(column) {
    const was = release();
    if (!was || column === columnOf(was.card)) return;
    const { card } = was;
    column.querySelector("ol").prepend(card);
    card.setAttribute("aria-busy", "true");
    const values = { column: column.dataset.column, version: card.dataset.version };
    const opener = card.querySelector(".crm-board-handle") || card.querySelector("a");
    const answer = await window.crm.dialog(opener, "POST", card.dataset.drop, values);
    if (answer === null) return; // done: the board is asked for anew
    if (!answer || answer.querySelector("[data-board-refused]")) {
      putBack(was);
      return;
    }
    answer.closest("dialog").addEventListener("close", () => putBack(was), { once: true });
  }

  function carry(step) {
    const all = columns().filter((one) => one === held.over || one === columnOf(held.card) || leads(held.card, one));
    const next = all[all.indexOf(held.over) + step];
    if (!next) return;
    hover(next);
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
    say("over", { column: nameOf(next) });
  }

  function onKey(event) {
    const handle = event.target.closest(".crm-board-handle");
    if (!handle || event.isComposing) return;
    const space = event.key === " " || event.key === "Enter";
    if (!held && space) pick(handle.closest(".crm-board-card"));
    else if (held && space) drop(held.over);
    else if (held && event.key === "ArrowRight") carry(1);
    else if (held && event.key === "ArrowLeft") carry(-1);
    else if (held && event.key === "Escape") putBack(release());
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  for (const handle of board.querySelectorAll(".crm-board-handle")) handle.hidden = false;
  board.addEventListener("keydown", onKey);
  board.addEventListener("focusout", (event) => {
    if (held && event.target.matches(".crm-board-handle") && !held.card.contains(event.relatedTarget)) release();
  });
  board.addEventListener("dragstart", (event) => {
    const card = event.target.closest(".crm-board-card[draggable]");
    if (!card) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.dataset.number);
    pick(card);
  });
  board.addEventListener("dragover", (event) => {
    const column = held && columnOf(event.target);
    if (!column) return;
    event.preventDefault();
    hover(column);
  });
  board.addEventListener("drop", (event) => {
    const column = held && columnOf(event.target);
    if (!column) return;
    event.preventDefault();
    drop(column);
  });
  board.addEventListener("dragend", () => held && release());
});
