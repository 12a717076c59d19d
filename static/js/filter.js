/* Filters send themselves: choices at once, text after a pause, never while composing. */
window.crm.behaviour("filter", (form) => {
  "use strict";
  const PAUSE = 300;
  let timer = 0;

  const send = () => {
    window.clearTimeout(timer);
    window.htmx.trigger(form, "crm:filter");
  };
  const soon = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(send, PAUSE);
  };
  // The box in which a long choice is searched is no field of the filter: it has no name.
  const isField = (target) => Boolean(target.name);
  const isText = (target) => target.matches('input:not([type]), input[type="search"], input[type="text"]');

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
  form.addEventListener("submit", () => window.clearTimeout(timer));
  /* Empty fields would make every address long and every saved view different. */
  form.addEventListener("htmx:configRequest", (event) => {
    const values = event.detail.parameters;
    for (const name of [...Object.keys(values)]) {
      if (values[name] === "") delete values[name];
    }
  });
});
