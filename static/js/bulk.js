/* The bar of acts on ticked rows: appears with the first tick and says how many there are. */
window.crm.behaviour("bulk", (bar) => {
  "use strict";
  const count = bar.querySelector(".crm-bulk-count");
  const all = bar.querySelector('input[name="all"]');
  const ticks = () => document.querySelectorAll(`input[name="pick"][form="${bar.id}"]`);

  function show() {
    const picked = new Set([...ticks()].filter((tick) => tick.checked).map((tick) => tick.value));
    bar.classList.toggle("crm-bulk-open", picked.size > 0);
    if (all && all.checked) count.textContent = count.dataset.all;
    else if (picked.size === 1) count.textContent = count.dataset.one;
    else count.textContent = count.dataset.many.replace("%(count)s", String(picked.size));
  }

  function pick(event) {
    const tick = event.target;
    if (!bar.isConnected) {
      document.removeEventListener("change", pick);
      return;
    }
    if (tick === all) show();
    if (tick.name !== "pick" || tick.getAttribute("form") !== bar.id) return;
    // The same row stands in the table and among the cards; both follow.
    ticks().forEach((other) => {
      if (other.value === tick.value) other.checked = tick.checked;
    });
    show();
  }

  document.addEventListener("change", pick);
  bar.querySelector("[data-clear]").addEventListener("click", () => {
    ticks().forEach((tick) => (tick.checked = false));
    if (all) all.checked = false;
    show();
  });
  show();
});
