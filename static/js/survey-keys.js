/* The interviewer's form: digits choose the point of the question in hand, Enter goes to the next.
   With 1 and 0 within a second a ten is meant. */
window.crm.behaviour("survey-keys", (form) => {
  "use strict";
  const TEN = 1000;
  let last = null;
  let at = 0;

  function questions() {
    return [...form.querySelectorAll("[data-question]")].filter((question) => !question.hidden);
  }

  /* Groups of points of a question: its score, then importance and expectation. */
  function groups(question) {
    return [...question.querySelectorAll("fieldset")];
  }

  function open(question) {
    return groups(question).find((group) => !group.querySelector("input:checked"));
  }

  function current() {
    const focused = document.activeElement && document.activeElement.closest("[data-question]");
    return focused && form.contains(focused) ? focused : questions().find(open);
  }

  function choose(group, value) {
    const point = group && group.querySelector(`input[value="${value}"]`);
    if (!point) return false;
    point.checked = point.type === "checkbox" ? !point.checked : true;
    point.dispatchEvent(new Event("change", { bubbles: true }));
    point.focus();
    point.closest("[data-question]").scrollIntoView({ block: "nearest" });
    return true;
  }

  function next(question) {
    const all = questions();
    const target = all[all.indexOf(question) + 1];
    const field = target && target.querySelector("input:not([type=hidden]), textarea");
    if (field) field.focus();
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || window.crm.typing(event)) return;
    if (document.querySelector("dialog[open]")) return;
    const question = current();
    if (!question) return;
    if (event.key === "Enter" && document.activeElement.matches("input")) {
      event.preventDefault();
      next(question);
      return;
    }
    if (!/^[0-9]$/.test(event.key)) return;
    const ten = event.key === "0" && last && Date.now() - at < TEN && choose(last, "10");
    const focused = document.activeElement.closest("fieldset");
    const group = open(question) || (question.contains(focused) ? focused : null);
    if (!ten && !choose(group, event.key)) return;
    last = event.key === "1" ? group : null;
    at = Date.now();
    event.preventDefault();
  }

  document.addEventListener("keydown", onKey);
});
