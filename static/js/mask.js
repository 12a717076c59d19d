/* A revealed value masks itself after its time, when the page is left, and before it is cached. */
(() => {
  "use strict";
  const shown = new Set();

  function hide(mask) {
    const value = mask.querySelector("[data-mask-value]");
    if (!value) return;
    value.textContent = mask.dataset.masked;
    value.removeAttribute("data-mask-value");
    mask.classList.remove("crm-mask-shown");
    mask.querySelector("[data-mask-left]").textContent = "";
    mask.querySelector('[role="status"]').textContent = "";
    mask.querySelector("form").hidden = false;
    shown.delete(mask);
  }

  window.crm.behaviour("mask", (mask) => {
    const left = mask.querySelector("[data-mask-left]");
    const end = Date.now() + Number(mask.dataset.seconds) * 1000;
    shown.add(mask);
    const tick = window.setInterval(() => {
      const seconds = Math.ceil((end - Date.now()) / 1000);
      if (seconds > 0 && shown.has(mask)) {
        left.textContent = String(seconds);
        return;
      }
      window.clearInterval(tick);
      hide(mask);
    }, 1000);
    left.textContent = mask.dataset.seconds;
  });

  window.addEventListener("pagehide", () => [...shown].forEach(hide));
  window.addEventListener("beforeprint", () => [...shown].forEach(hide));
})();
