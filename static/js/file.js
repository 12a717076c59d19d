/* Files that go along with a form: a button instead of the browser's own field, dropping, and what
   was chosen with its size. Pictures of a field for many files may come from two fields. */
(() => {
  "use strict";

  function size(bytes) {
    const units = ["B", "KB", "MB", "GB"];
    const step = Math.min(units.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)));
    return `${(bytes / 1024 ** step).toFixed(step > 1 ? 1 : 0)} ${units[step]}`;
  }

  window.crm.behaviour("file", (box) => {
    const inputs = [...box.querySelectorAll('input[type="file"]')];
    const [first] = inputs;
    const chosen = box.querySelector("[data-chosen]");

    function tell() {
      const files = inputs.flatMap((input) => [...input.files]);
      chosen.replaceChildren(
        ...files.map((file) => {
          const line = document.createElement("li");
          line.textContent = `${file.name} (${size(file.size)})`;
          return line;
        }),
      );
      chosen.hidden = files.length === 0;
    }

    first.classList.add("visually-hidden");
    box.querySelector("[data-button]").hidden = false;
    box.querySelector("[data-hint]").hidden = false;
    box.addEventListener("change", tell);
    for (const name of ["dragenter", "dragover"]) {
      box.addEventListener(name, (event) => {
        event.preventDefault();
        box.classList.add("crm-drop-over");
      });
    }
    for (const name of ["dragleave", "drop"]) {
      box.addEventListener(name, () => box.classList.remove("crm-drop-over"));
    }
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      const taken = new DataTransfer();
      const dropped = [...event.dataTransfer.files];
      for (const file of first.multiple ? dropped : dropped.slice(0, 1)) taken.items.add(file);
      if (taken.files.length === 0) return;
      first.files = taken.files;
      first.dispatchEvent(new Event("change", { bubbles: true }));
    });
    if (first.form) first.form.addEventListener("reset", () => setTimeout(tell));
    tell();
  });
})();
