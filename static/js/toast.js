/* Toasts stay ten seconds, wait while looked at, and are reached with Alt+T. */
(() => {
  "use strict";
  const STAY = 10_000;
  const MOST = 2;

  window.crm.behaviour("toast", (toast) => {
    let timer = 0;
    const wait = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => toast.remove(), STAY);
    };
    const hold = () => window.clearTimeout(timer);
    toast.addEventListener("mouseenter", hold);
    toast.addEventListener("mouseleave", wait);
    toast.addEventListener("focusin", hold);
    toast.addEventListener("focusout", wait);
    toast.addEventListener("keydown", (event) => event.key === "Escape" && toast.remove());
    toast.querySelector("[data-close]").addEventListener("click", () => toast.remove());
    const host = toast.parentElement;
    while (host && host.id === "crm-toasts" && host.childElementCount > MOST) {
      host.firstElementChild.remove();
    }
    if (toast.dataset.stay === undefined) wait();
  });

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.code !== "KeyT") return;
    const toast = document.querySelector("#crm-toasts .crm-toast");
    if (!toast) return;
    event.preventDefault();
    toast.focus();
  });
})();
