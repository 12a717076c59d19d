/* A form that asks the browser for a passkey before it is sent; shown only where there are any. */
(() => {
  "use strict";
  const known = () => Boolean(window.isSecureContext && window.PublicKeyCredential) &&
    !/^[\d.]+$|^\[/.test(location.hostname); // a passkey belongs to a name, never to a number

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (char) => char.charCodeAt(0)).buffer;
  };
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  function asked(options) {
    const key = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
    if (key.user) key.user = { ...key.user, id: bytes(key.user.id) };
    for (const list of ["excludeCredentials", "allowCredentials"]) {
      if (key[list]) key[list] = key[list].map((one) => ({ ...one, id: bytes(one.id) }));
    }
    return { publicKey: key };
  }

  function answered(credential) {
    const said = credential.response;
    const response = { clientDataJSON: text(said.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (said[name]) response[name] = text(said[name]);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      clientExtensionResults: credential.getClientExtensionResults(),
      response,
    });
  }

  window.crm.behaviour("passkey", (form) => {
    if (!known()) return;
    form.hidden = false;
    const problem = form.querySelector('[role="alert"]');
    form.addEventListener("submit", async (event) => {
      const field = form.elements.credential;
      if (field.value) return;
      event.preventDefault();
      problem.hidden = true;
      try {
        const reply = await fetch(form.dataset.options, { redirect: "error" });
        if (!reply.ok) throw new Error(String(reply.status));
        const options = asked(await reply.json());
        const credential = form.dataset.mode === "create"
          ? await navigator.credentials.create(options)
          : await navigator.credentials.get(options);
        field.value = answered(credential);
        form.submit();
      } catch (error) {
        console.warn(error.name, error.message);
        problem.textContent = form.dataset.failed;
        problem.hidden = false;
      }
    });
  });

  window.crm.behaviour("no-passkey", (note) => {
    note.hidden = known();
  });
})();
