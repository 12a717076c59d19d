/* Sums get their commas on leaving the field and lose them on the way to the server. */
window.crm.behaviour("money", (input) => {
  "use strict";
  const plain = (text) =>
    text
      .normalize("NFKC") // full-width digits and commas
      .replace(/[,\s¥]/g, "");

  function group() {
    const text = plain(input.value);
    const parts = /^(-?)(\d+)(\.\d+)?$/.exec(text);
    if (!parts) return; // not a sum: leave what was typed for the message of the server
    const [, sign, whole, rest = ""] = parts;
    input.value = sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + rest;
  }

  input.addEventListener("blur", group);
  if (input.form) {
    input.form.addEventListener("formdata", (event) => {
      if (input.name && event.formData.has(input.name)) {
        event.formData.set(input.name, plain(input.value));
      }
    });
  }
  group();
});
