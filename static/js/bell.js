/* The bell: its number is asked for each minute while the page is seen, its list when it opens.
   The header X-Poll says that nobody is behind the question, so that no session lives by it. */
window.crm.behaviour("bell", (bell) => {
  "use strict";
  const MINUTE = 60000;
  const number = bell.querySelector("[data-bell-number]");
  const latest = bell.querySelector("[data-bell-latest]");
  const voice = document.querySelector("[data-bell-voice]");
  let asked = Date.now();

  async function ask(address, poll) {
    const headers = { "HX-Request": "true" };
    if (poll) headers["X-Poll"] = "1";
    try {
      const answer = await fetch(address, { headers, credentials: "same-origin" });
      return answer.ok && !answer.redirected ? await answer.text() : null;
    } catch {
      return null; // no network: the old number stays, the next minute asks again
    }
  }

  function unread() {
    const count = number.querySelector("[data-bell-count]");
    return count ? Number(count.dataset.bellCount) : 0;
  }

  async function refresh() {
    asked = Date.now();
    const html = await ask(bell.dataset.count, true);
    if (html === null) return;
    const before = unread();
    number.innerHTML = html;
    if (voice) voice.textContent = unread() > before ? voice.dataset.words : "";
  }

  function look() {
    if (!document.hidden && Date.now() - asked >= MINUTE) refresh();
  }

  bell.addEventListener("toggle", async () => {
    if (!bell.open) return;
    const html = await ask(bell.dataset.latest, false);
    if (html !== null) latest.innerHTML = html;
  });
  document.addEventListener("visibilitychange", look);
  window.setInterval(look, MINUTE / 12);
});
