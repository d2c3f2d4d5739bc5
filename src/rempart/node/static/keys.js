// Security keys (WebAuthn): a form with data-key asks the key before it is sent.
"use strict";
for (const form of document.querySelectorAll("form[data-key]")) {
  form.addEventListener("submit", async (event) => {
    const answer = form.querySelector("input[name$=credential]");
    if (answer.value) return;
    event.preventDefault();
    const problem = form.querySelector("[role=alert]");
    problem.hidden = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const ask = form.dataset.key === "create" ? webauthnJSON.create : webauthnJSON.get;
      answer.value = JSON.stringify(await ask(options));
      form.submit();
    } catch {
      problem.hidden = false;
    }
  });
}
