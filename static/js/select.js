/* A long choice, searched by typing: Tom Select on a labelled <select>. */
window.crm.behaviour("select", (select) => {
  "use strict";
  if (!window.TomSelect) return;
  const label = document.querySelector(`label[for="${select.id}"]`);
  // The hidden select stays in the document, so it needs a name of its own.
  if (label) select.setAttribute("aria-label", label.firstChild.textContent.trim());
  const empty = select.querySelector('option[value=""]');
  if (empty && /^-+$/.test(empty.textContent)) empty.textContent = "—"; // Django's row of dashes
  const url = select.dataset.url;
  let answered = null; // the text of the last answer: before it comes nobody knows that nothing fits
  const nothing = ({ input }) => {
    if (!select.dataset.nothing || (url && answered !== input)) return null;
    const words = document.createElement("div");
    words.className = "no-results";
    words.textContent = select.dataset.nothing;
    return words;
  };
  // What is chosen already makes room for what is being typed.
  const typing = function (text) {
    this.wrapper.classList.toggle("crm-typing", Boolean(text));
  };
  const options = {
    onType: typing,
    onBlur() {
      typing.call(this, "");
    },
    maxOptions: 200,
    allowEmptyOption: !select.multiple,
    plugins: select.multiple ? ["remove_button"] : [],
    closeAfterSelect: !select.multiple,
    refreshThrottle: 0, // a refresh that waits would open the list again after a quick choice
    render: { no_results: nothing },
  };
  if (url) {
    const address = new URL(url, window.location.href); // it has a query of its own
    let chosen = false;
    // Not on focus: choosing gives the focus back, and an answer on its way would open the list.
    options.onType = function (text) {
      chosen = false;
      typing.call(this, text);
    };
    options.onItemAdd = function () {
      chosen = true;
      typing.call(this, "");
      if (select.multiple) this.setTextboxValue(""); // what was typed for one is not the next one
    };
    options.load = async function (query, done) {
      address.searchParams.set("q", query);
      const beside = select.form?.elements[select.dataset.beside]; // a choice that depends on another
      if (beside) address.searchParams.set(beside.name, beside.value);
      try {
        const answer = await fetch(address, { headers: { Accept: "application/json" } });
        const found = answer.ok ? await answer.json() : [];
        answered = query;
        // The server knows more spellings than the text shows: what it answers fits what was typed.
        for (const one of found) {
          one.asked = query;
          if (this.options[one.value]) this.updateOption(one.value, { ...this.options[one.value], asked: query });
        }
        done(found);
      } catch {
        done([]);
      }
      // An answer that comes late must not open the list again; among several one goes on choosing.
      if (chosen && !select.multiple) this.close();
    };
    options.searchField = ["text", "asked"];
    options.preload = "focus"; // the first choices stand there before anything is typed
  }
  const widget = new window.TomSelect(select, options);
  const master = url && select.form?.elements[select.dataset.beside];
  if (master) {
    master.addEventListener("change", () => {
      widget.clear(true);
      widget.clearOptions();
      widget.load("");
    });
  }
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (select.hasAttribute(name)) widget.control_input.setAttribute(name, select.getAttribute(name));
  }
});
