// Passkeys: <form data-passkey="get|create" data-question="address" hidden> holds an empty field
// `credential`. On submit the browser is asked, and the form goes on with its answer.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function readable(question) {
  question.challenge = toBytes(question.challenge);
  if (question.user) question.user.id = toBytes(question.user.id);
  for (const known of [...(question.allowCredentials ?? []), ...(question.excludeCredentials ?? [])]) {
    known.id = toBytes(known.id);
  }
  return question;
}

function written(credential) {
  const { response } = credential;
  const said = { clientDataJSON: toText(response.clientDataJSON) };
  if (response.attestationObject) {
    said.attestationObject = toText(response.attestationObject);
    said.transports = response.getTransports?.() ?? [];
  } else {
    said.authenticatorData = toText(response.authenticatorData);
    said.signature = toText(response.signature);
    if (response.userHandle) said.userHandle = toText(response.userHandle);
  }
  return JSON.stringify({
    id: credential.id, rawId: toText(credential.rawId), type: credential.type, response: said,
  });
}

async function ask(form) {
  const answer = await fetch(form.dataset.question, {
    method: "POST",
    headers: { "x-csrf-token": form.elements.csrf?.value ?? "" },
  });
  if (!answer.ok) throw new Error(String(answer.status));
  if (answer.redirected) return location.assign(answer.url);  // a fresh proof is asked for first
  const publicKey = readable(await answer.json());
  const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
  form.elements.credential.value = written(credential);
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) {
    const absent = document.querySelector("[data-passkey-absent]");
    if (absent) absent.hidden = false;
    continue;
  }
  const failed = form.parentElement.querySelector("[data-passkey-failed]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = true;
    try {
      await ask(form);
    } catch {
      failed.hidden = false;
      failed.focus();
    }
  });
}
