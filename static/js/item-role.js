/* The dialog of an item shows what belongs to its kind; without script all fields stand there, and
   the server leaves out what does not belong. */
window.crm.behaviour("item-role", (role) => {
  "use strict";
  const kinds = {
    scale: ["overall", "item"],
    options: ["choice", "choices"],
    indicator: ["item"],
    asks_importance: ["item"],
    asks_expectation: ["item"],
    allows_unused: ["item"],
  };

  function show() {
    for (const [name, roles] of Object.entries(kinds)) {
      const field = role.form.elements[name];
      if (field) field.closest(".crm-field").hidden = !roles.includes(role.value);
    }
  }

  role.addEventListener("change", show);
  show();
});
