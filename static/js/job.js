/* Long work is polled quietly; this says aloud that it started, each quarter, and how it ended. */
(() => {
  "use strict";
  let last = "";

  function voice() {
    let status = document.getElementById("crm-job-voice");
    if (!status) {
      status = document.createElement("p");
      status.id = "crm-job-voice";
      status.className = "visually-hidden";
      status.setAttribute("role", "status");
      document.getElementById("main").append(status);
    }
    return status;
  }

  window.crm.behaviour("job", (job) => {
    const { state, done, total } = job.dataset;
    const quarter = Number(total) ? Math.floor((Number(done) / Number(total)) * 4) : 0;
    const mark = `${state} ${quarter}`;
    if (mark === last) return;
    last = mark;
    const counts = job.querySelector(".crm-job-counts");
    const words = [job.querySelector("h2"), counts].filter(Boolean);
    voice().textContent = words.map((one) => one.textContent.trim()).join(" ");
  });
})();
