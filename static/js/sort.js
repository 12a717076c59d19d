/* Items of a questionnaire are dragged to another place, also into another section. The buttons
   beside each item do the same by keys. The server answers with the part drawn anew. */
window.crm.behaviour("sort", (area) => {
  "use strict";
  const voice = document.getElementById(area.dataset.voice);
  let held = null;

  const listOf = (element) => element.closest("[data-sort-list]");
  const itemsOf = (list) => [...list.querySelectorAll("[data-sort-item]")];

  /* The item before which the pointer stands; none at the end of the list. */
  function nextAt(list, y) {
    return itemsOf(list).find((one) => {
      const box = one.getBoundingClientRect();
      return one !== held && y < box.top + box.height / 2;
    });
  }

  function mark(list, next) {
    for (const one of area.querySelectorAll(".crm-drop-before, .crm-drop-end")) {
      one.classList.remove("crm-drop-before", "crm-drop-end");
    }
    if (next) next.classList.add("crm-drop-before");
    else if (list) list.classList.add("crm-drop-end");
  }

  async function drop(list, next) {
    const item = held;
    const before = itemsOf(list).filter((one) => one !== item);
    const position = (next ? before.indexOf(next) : before.length) + 1;
    const values = { section: list.dataset.sortList, position };
    const options = { target: "#questions", swap: "innerHTML show:none", source: area, values };
    await window.htmx.ajax("POST", item.dataset.sortItem, options);
    if (voice) voice.textContent = voice.dataset.moved;
  }

  area.addEventListener("dragstart", (event) => {
    held = event.target.closest("[data-sort-item]");
    if (!held) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.id);
    held.classList.add("crm-item-held");
  });
  area.addEventListener("dragover", (event) => {
    const list = held && listOf(event.target);
    if (!list) return;
    event.preventDefault();
    mark(list, nextAt(list, event.clientY));
  });
  area.addEventListener("drop", (event) => {
    const list = held && listOf(event.target);
    if (!list) return;
    event.preventDefault();
    drop(list, nextAt(list, event.clientY));
  });
  area.addEventListener("dragend", () => {
    if (held) held.classList.remove("crm-item-held");
    mark(null, null);
    held = null;
  });
});
