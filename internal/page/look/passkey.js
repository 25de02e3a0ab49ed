// A form marked data-passkey is filled in by the browser: its server is asked how to
// begin (data-begin), the browser for a passkey, and the answer is sent as any form is.
// Where that cannot be, the form stays hidden and the page says what to do instead.
const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/[+]/g, '-').replace(/[/]/g, '_').replace(/=+$/, '');

const read = options => {
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const key of [...options.excludeCredentials || [], ...options.allowCredentials || []]) key.id = bytes(key.id);
  return options;
};

const write = key => {
  const response = { transports: key.response.getTransports ? key.response.getTransports() : undefined };
  for (const part of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (key.response[part]) response[part] = text(key.response[part]);
  }
  return JSON.stringify({ id: key.id, rawId: key.id, type: key.type, authenticatorAttachment: key.authenticatorAttachment || undefined, response });
};

const ask = async form => {
  const begun = new URLSearchParams({ form_token: form.elements.form_token.value });
  const address = document.getElementById(form.dataset.address);
  if (address) begun.set('address', address.value);
  const answer = await fetch(form.dataset.begin, { method: 'POST', body: begun });
  if (!answer.ok) throw { name: 'begin' };
  const { publicKey } = await answer.json();
  return write(await navigator.credentials[form.dataset.passkey]({ publicKey: read(publicKey) }));
};

const whys = { begin: 'begin', NotAllowedError: 'cancelled', AbortError: 'cancelled', InvalidStateError: 'exists' };

if (window.PublicKeyCredential) document.querySelectorAll('form[data-passkey]').forEach(form => {
  form.hidden = false;
  document.querySelectorAll('[data-passkey-none]').forEach(el => { el.hidden = true; });
  form.addEventListener('submit', async event => {
    event.preventDefault();
    if (form.asking) return;
    form.asking = true;
    const { answer, failed } = form.elements;
    answer.value = failed.value = '';
    try { answer.value = await ask(form); }
    catch (error) { failed.value = whys[error.name] || 'unsupported'; }
    form.asking = false;
    form.submit();
  });
});
