/* Attaching files: chosen, dropped or just photographed, they go up one by one with their progress.
   Each answer replaces the list of files; what was refused stays beside the field. */
(() => {
  "use strict";

  window.crm.behaviour("uploads", (box) => {
    const drop = box.querySelector("[data-drop]");
    const bar = box.querySelector("progress");
    const words = box.querySelector("[data-progress-text]");
    const problems = box.querySelector("[data-problems]");
    const target = () => document.querySelector(box.dataset.target);
    const waiting = [];
    let sent = 0;
    let running = false;

    function complain(text) {
      const line = document.createElement("li");
      line.textContent = text;
      problems.append(line);
      problems.hidden = false;
    }

    function gather() {
      const refused = target() && target().querySelector("[data-refused]");
      if (!refused) return;
      for (const line of refused.children) complain(line.textContent);
      refused.remove();
    }

    async function send(file) {
      if (file.size > Number(box.dataset.most)) {
        complain(problems.dataset.tooLarge.replace("FILE", () => file.name));
        return;
      }
      let well = false;
      const ended = (event) => {
        if (event.detail.pathInfo && event.detail.pathInfo.requestPath === box.dataset.url) well = event.detail.successful;
      };
      box.addEventListener("htmx:afterRequest", ended);
      try {
        await window.htmx.ajax("POST", box.dataset.url, { source: box, target: target(), swap: "outerHTML", values: { files: file } });
      } catch {
        well = false;
      } finally {
        box.removeEventListener("htmx:afterRequest", ended);
      }
      if (well) gather();
      else complain(problems.dataset.failed.replace("FILE", () => file.name));
    }

    async function work() {
      if (running) return;
      running = true;
      bar.hidden = false;
      problems.replaceChildren();
      problems.hidden = true;
      sent = 0;
      while (waiting.length > 0) {
        sent += 1;
        bar.value = 0;
        words.textContent = words.dataset.template.replace("NUMBER", sent).replace("COUNT", sent + waiting.length - 1);
        await send(waiting.shift());
      }
      bar.hidden = true;
      words.textContent = "";
      running = false;
    }

    function take(files) {
      waiting.push(...files);
      if (waiting.length > 0 && window.htmx) work();
    }

    box.addEventListener("htmx:xhr:progress", (event) => {
      if (event.detail.lengthComputable) bar.value = (100 * event.detail.loaded) / event.detail.total;
    });
    box.addEventListener("change", (event) => {
      const input = event.target;
      if (input.type !== "file" || !window.htmx) return;
      const files = [...input.files];
      input.value = ""; // what goes up now must not go along with the form again
      take(files);
    });
    for (const name of ["dragenter", "dragover"]) {
      drop.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.add("crm-drop-over");
      });
    }
    for (const name of ["dragleave", "drop"]) {
      drop.addEventListener(name, () => drop.classList.remove("crm-drop-over"));
    }
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      take([...event.dataTransfer.files]);
    });
  });
})();
