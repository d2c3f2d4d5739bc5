// What the staff pages gain with a script; every page works without it.
"use strict";

(() => {
  const OFF = "rempart-single-keys-off";

  // Single keys press what carries them as its access key, unless somebody is writing.
  const isWriting = (element) =>
    element.isContentEditable ||
    element.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=submit], [type=button])");
  const hasKey = (key) => (element) =>
    element.accessKey.toLowerCase() === key && !element.disabled && element.getClientRects().length > 0;

  const keysAreOn = () => localStorage.getItem(OFF) === null;

  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.defaultPrevented || event.repeat || !(target instanceof HTMLElement)) return;
    if (event.key === "Escape" && isWriting(target)) return target.blur();
    if (event.ctrlKey || event.metaKey || event.altKey || !keysAreOn() || isWriting(target)) return;
    const bearer = Array.from(document.querySelectorAll("[accesskey]")).find(hasKey(event.key.toLowerCase()));
    if (!bearer) return;
    event.preventDefault();
    bearer.focus();
    if (!isWriting(bearer)) bearer.click();
  });

  for (const button of document.querySelectorAll("[data-keys-on]")) {
    const tell = () => {
      button.textContent = keysAreOn() ? button.dataset.keysOn : button.dataset.keysOff;
      button.setAttribute("aria-pressed", String(keysAreOn()));
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      if (keysAreOn()) localStorage.setItem(OFF, "1");
      else localStorage.removeItem(OFF);
      tell();
    });
    tell();
  }

  // A fragment that is fetched anew while the page is looked at. It ends with the session.
  for (const part of document.querySelectorAll("[data-poll]")) {
    const timer = setInterval(async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(part.dataset.poll, { credentials: "same-origin" });
        if (!answer.ok || answer.redirected) return clearInterval(timer);
        part.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
        // What is asked for only while something in it goes on ends with that.
        if (part.dataset.while && !part.querySelector(part.dataset.while)) clearInterval(timer);
      } catch {
        // The network is gone for now: the figures stay as they were.
      }
    }, 1000 * Number(part.dataset.every));
  }

  // A claim is renewed while its holder does something on the page.
  for (const part of document.querySelectorAll("[data-renew]")) {
    let acted = false;
    for (const kind of ["keydown", "input", "pointerdown"]) document.addEventListener(kind, () => (acted = true));
    const timer = setInterval(async () => {
      if (!acted) return;
      acted = false;
      const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
      try {
        const answer = await fetch(part.dataset.renew, {
          method: "POST",
          credentials: "same-origin",
          headers: { "X-CSRFToken": token },
        });
        if (answer.redirected || !answer.ok) return clearInterval(timer);
        part.querySelector(".clock-left").textContent = await answer.text();
      } catch {
        // Tried again with the next thing that is done.
        acted = true;
      }
    }, 1000 * Number(part.dataset.every));
  }
})();
