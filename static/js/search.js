/* The search box: the list below it opens with what comes in and closes on Escape or when the focus
   leaves. Arrows go from the box into results and from one to the next, on the page of results too;
   Enter in the box sends the form, on a result it follows the link. */
(() => {
  "use strict";

  function links(list) {
    return [...list.querySelectorAll("a")];
  }

  function step(list, from, by) {
    const all = links(list);
    return all[all.indexOf(from) + by];
  }

  function post(url, values, more) {
    const token = document.querySelector('meta[name="csrf-token"]');
    const headers = { "X-CSRFToken": token ? token.content : "" };
    return window.fetch(url, { method: "POST", body: new URLSearchParams(values), headers, ...more });
  }

  window.crm.behaviour("search", (form) => {
    const box = form.querySelector("input[type=search]");
    const list = form.querySelector("[data-crm~=hits]");
    if (!box || !list) return;

    function show(open) {
      list.hidden = !open;
    }

    /* Put away with Escape, it stays away until something else is typed or the box is entered. A
       question that is overtaken, or left with the page, ends without a word. */
    let dismissed = false;
    let waiting = 0;
    let asked = new AbortController();

    async function ask() {
      asked.abort();
      asked = new AbortController();
      /* Whose session has ended is sent to the page of log-in: that is no list. */
      const how = { redirect: "manual", signal: asked.signal };
      const html = await post(box.dataset.quick, { q: box.value }, how).then(
        (answer) => (answer.ok ? answer.text() : ""),
        () => null,
      );
      if (html === null) return;
      list.innerHTML = html;
      show(!dismissed && html.trim() !== "" && form.contains(document.activeElement));
    }

    function askSoon(delay) {
      dismissed = false;
      window.clearTimeout(waiting);
      waiting = window.setTimeout(ask, delay);
    }

    /* What an input method is still composing is no question yet. */
    box.addEventListener("input", (event) => event.isComposing || askSoon(300));
    box.addEventListener("compositionend", () => askSoon(0));
    box.addEventListener("focus", () => askSoon(0));
    box.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Escape" && !dismissed) {
        event.preventDefault();
        dismissed = true;
        show(false);
      }
      if (event.key !== "ArrowDown") return;
      const first = links(list.hidden ? document.querySelector("main [data-crm~=hits]") || list : list)[0];
      if (!first) return;
      event.preventDefault();
      first.focus();
    });
    list.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      box.focus();
      show(false);
    });
    form.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !form.contains(event.relatedTarget)) show(false);
    });
    document.addEventListener("pointerdown", (event) => {
      if (!form.contains(event.target)) show(false);
    });
    form.addEventListener("submit", () => {
      window.clearTimeout(waiting);
      asked.abort();
      show(false);
    });
  });

  window.crm.behaviour("hits", (list) => {
    list.addEventListener("keydown", (event) => {
      const link = event.target.closest("a");
      if (!link || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
      event.preventDefault();
      const next = step(list, link, event.key === "ArrowDown" ? 1 : -1);
      if (next) next.focus();
      else if (event.key === "ArrowUp") document.getElementById("crm-q").focus();
    });

    /* Which result was opened is told without waiting; the link itself stays an ordinary link. */
    function chosen(event) {
      const link = event.target.closest("a[data-hit]");
      if (!link || (event.type === "auxclick" && event.button !== 1)) return;
      const hit = { kind: link.dataset.kind, pk: link.dataset.pk };
      post(list.dataset.chosen, hit, { keepalive: true });
    }
    list.addEventListener("click", chosen);
    list.addEventListener("auxclick", chosen);
  });
})();
