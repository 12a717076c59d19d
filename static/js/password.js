/* Shows or hides what is typed into a password field. */
window.crm.behaviour("password", (host) => {
  "use strict";
  const input = host.querySelector("input");
  const button = host.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    input.focus();
  });
  // A manager of passwords must save it as one.
  if (input.form) input.form.addEventListener("submit", () => (input.type = "password"));
});
