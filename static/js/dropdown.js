/* <details> as a menu: closes on Escape, on a click elsewhere, and when the focus leaves it. */
window.crm.behaviour("dropdown", (details) => {
  "use strict";
  const summary = details.querySelector("summary");

  document.addEventListener("click", (event) => {
    if (details.open && !details.contains(event.target)) details.open = false;
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    event.stopPropagation();
    details.open = false;
    summary.focus();
  });
  details.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !details.contains(event.relatedTarget)) details.open = false;
  });
});
