/* The interviewer's form hides a question until the answer is given on which it waits. Without
   script all stand there with a sentence, and the server leaves out what was not to be asked. */
window.crm.behaviour("survey-conditions", (form) => {
  "use strict";
  const waiting = [...form.querySelectorAll("[data-when]")];

  function given(key) {
    const chosen = form.querySelectorAll(`[name="s${key}"]:checked, [name="c${key}"]:checked`);
    return [...chosen].map((input) => input.value);
  }

  /* In the order of asking, so that a question which is not asked takes along what waits for it. */
  function show() {
    for (const question of waiting) {
      const before = document.getElementById(`q${question.dataset.when}`);
      const values = question.dataset.values.split(" ");
      const asked = before && !before.hidden;
      question.hidden = !(asked && given(question.dataset.when).some((one) => values.includes(one)));
    }
  }

  form.addEventListener("change", show);
  show();
});
