/* A button that prints the page; hidden where no script runs. */
window.crm.behaviour("print", (button) => {
  "use strict";
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
