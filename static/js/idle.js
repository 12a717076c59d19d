/* Asks "still there?" before a session ends for idling; afterwards what was typed stays on the page. */
window.crm.behaviour("idle", (dialog) => {
  "use strict";
  const WARN = 120; // seconds before the end
  const loaded = Date.now();
  const data = dialog.dataset;
  const part = (name) => dialog.querySelector(`[data-idle="${name}"]`);
  let left = Number(data.until) - Number(data.now);
  let since = loaded;
  if (!(left > 0)) return;

  const remaining = () => left - (Date.now() - since) / 1000;

  function show(name) {
    part("warning").hidden = name !== "warning";
    part("over").hidden = name !== "over";
    dialog.classList.toggle("crm-idle-over", name === "over");
    if (!dialog.open) dialog.showModal();
  }

  /* A new log-in brings a new token against forged requests; forms still hold the old one. */
  function renew(token) {
    document.querySelectorAll('input[name="csrfmiddlewaretoken"]').forEach((input) => {
      input.value = token;
    });
    const meta = document.querySelector('meta[name="csrf-token"]');
    if (meta) meta.content = token;
  }

  async function ask(method) {
    const headers = method === "POST"
      ? { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content }
      : { "X-Poll": "1" };
    const reply = await fetch(data.url, { method, headers, redirect: "manual" });
    if (!reply.ok) return 0;
    const state = await reply.json();
    left = state.left;
    since = Date.now();
    renew(state.token);
    return left;
  }

  async function look() {
    if (remaining() > WARN) return;
    // Another tab may have kept the session alive.
    const now = await ask("GET").catch(() => remaining());
    if (now > WARN) {
      if (dialog.open) dialog.close();
    } else {
      show(now > 0 ? "warning" : "over");
    }
  }

  dialog.addEventListener("cancel", (event) => event.preventDefault());
  part("warning").querySelector("button").addEventListener("click", () => ask("POST").then(look));
  part("over").querySelector("button").addEventListener("click", look);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  setInterval(look, 15000);
});
