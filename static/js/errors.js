/* A failed request leaves the page as it is and says so above the part that was to change. */
(() => {
  "use strict";
  const BY_STATUS = { 0: "offline", 401: "signed-out", 403: "denied", 404: "missing" };

  function clear(target) {
    const old = target.previousElementSibling;
    if (old && old.dataset.crmError !== undefined) old.remove();
  }

  function show(target, status, reference) {
    const template = document.getElementById("crm-error-template");
    if (!template || !target) return;
    clear(target);
    const box = template.content.firstElementChild.cloneNode(true);
    const wanted = BY_STATUS[status] || "failed";
    for (const line of box.querySelectorAll("[data-text]")) {
      if (line.dataset.text === "reference" && reference) line.textContent = reference;
      else if (line.dataset.text !== wanted) line.remove();
    }
    box.dataset.crmError = "";
    target.before(box);
  }

  function failed(event) {
    const answer = event.detail.xhr;
    const reference = answer && answer.status ? answer.getResponseHeader("X-Request-Id") : "";
    show(event.detail.target, answer ? answer.status : 0, reference);
  }

  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.shouldSwap && event.detail.target) clear(event.detail.target);
  });
})();
