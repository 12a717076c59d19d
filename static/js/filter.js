/* Filters send themselves: choices at once, text after a pause, never while composing. */
window.crm.behaviour("filter", (form) => {
  "use strict";
  const PAUSE = 300;
  let timer = 0;

  const send = () => {
    window.clearTimeout(timer);
    const number = numberIn();
    if (number) {
      if (isWhole(number)) handOver(number);
      return;
    }
    window.htmx.trigger(form, "crm:filter");
  };
  const soon = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(send, PAUSE);
  };
  // The box in which a long choice is searched is no field of the filter: it has no name.
  const isField = (target) => Boolean(target.name);
  const isText = (target) => target.matches('input:not([type]), input[type="search"], input[type="text"]');

  /* A whole phone or identity number must not stand in an address. The search at the top posts
     it, so it goes there: as soon as it is whole, or with Enter. */
  const NUMBER = /^[+\d][\d\s().-]{8,}[\dX]$/i;
  const compact = (text) => text.normalize("NFKC").replace(/[^\dX]/gi, "").replace(/^86(?=1\d{10}$)/, "");
  const isNumber = (text) => NUMBER.test(text) && compact(text).length >= 10;
  const isWhole = (text) => /^(1\d{10}|\d{17}[\dX])$/i.test(compact(text));
  const search = document.querySelector(".crm-search");
  const numberIn = () => {
    const box = search && form.elements.q;
    const text = box ? box.value.normalize("NFKC").trim() : "";
    return isNumber(text) ? text : "";
  };
  const handOver = (text) => {
    search.elements.q.value = text;
    form.elements.q.value = "";
    search.requestSubmit();
  };

  if (!window.htmx) return;
  form.addEventListener("input", (event) => {
    if (isField(event.target) && isText(event.target) && !event.isComposing) soon();
  });
  form.addEventListener("compositionend", (event) => {
    if (isField(event.target) && isText(event.target)) soon();
  });
  form.addEventListener("change", (event) => {
    if (!isField(event.target) || isText(event.target)) return; // text is on its way already
    send();
  });
  form.addEventListener(
    "submit",
    (event) => {
      window.clearTimeout(timer);
      const number = numberIn();
      if (!number) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      handOver(number);
    },
    true,
  );
  /* Empty fields would make every address long and every saved view different. */
  form.addEventListener("htmx:configRequest", (event) => {
    const values = event.detail.parameters;
    for (const name of [...Object.keys(values)]) {
      if (values[name] === "") delete values[name];
    }
  });
});
