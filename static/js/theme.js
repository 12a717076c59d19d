/* What must be right before the first paint: the colour mode (what the reader fixed, else what the
   system asks for) and the folded menu. */
(() => {
  "use strict";
  const KEY = "crm-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function remembered(key) {
    try {
      return window.localStorage.getItem(key) || "";
    } catch {
      return ""; // storage may be switched off; the system decides then
    }
  }

  const stored = () => remembered(KEY);

  function apply() {
    const theme = stored() || (system.matches ? "dark" : "light");
    document.documentElement.dataset.bsTheme = theme;
    document.documentElement.classList.add("crm-scripted");
    document.dispatchEvent(new CustomEvent("crm:theme", { detail: theme }));
  }

  function press(host) {
    for (const button of host.querySelectorAll("button[data-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.theme === stored()));
    }
  }

  apply();
  if (remembered("crm-menu") === "folded") document.documentElement.dataset.menu = "folded";
  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    for (const host of document.querySelectorAll('[data-crm="theme"]')) {
      host.hidden = false;
      press(host);
      host.addEventListener("click", (event) => {
        const button = event.target.closest("button[data-theme]");
        if (!button) return;
        try {
          window.localStorage.setItem(KEY, button.dataset.theme);
        } catch {
          return;
        }
        apply();
        press(host);
      });
    }
  });
})();
