/* "Back" goes back where there is a page to go back to; otherwise the link leads on. */
window.crm.behaviour("back", (link) => {
  "use strict";
  const inside = document.referrer.startsWith(window.location.origin);
  if (!inside || window.history.length < 2) return;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    window.history.back();
  });
});
