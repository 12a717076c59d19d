/* The flow editor by keys: Alt with an arrow moves the step in which one stands, as its buttons do. */
window.crm.behaviour("flow-keys", (form) => {
  "use strict";
  const moves = { ArrowUp: "up", ArrowDown: "down" };

  form.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (!move || !event.altKey || event.isComposing) return;
    const step = event.target.closest("[data-step]");
    const button = step && step.querySelector(`[data-move="${move}"]`);
    if (!button || button.disabled) return;
    event.preventDefault();
    button.click();
  });
});
