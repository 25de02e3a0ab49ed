// What a page gains from a script. Each part works without: the server wrote the
// clock, a reload shows the news, and the form token makes a second tap harmless.
const all = (selector, does) => document.querySelectorAll(selector).forEach(does);
const two = n => String(n).padStart(2, '0');

// A clock that the server already wrote runs on. data-left: seconds.
setInterval(() => all('.countdown[data-left]', el => {
  el.ends ??= Date.now() + el.dataset.left * 1000;
  const s = Math.max(0, Math.ceil((el.ends - Date.now()) / 1000));
  const h = Math.floor(s / 3600), m = Math.floor(s / 60);
  const words = h ? [h, two(m % 60), two(s % 60)] : [m, two(s % 60)];
  el.textContent = words.join(el.textContent.includes(':') ? ':' : '.');
}), 1000);

// <live-part name="x" src="/…" every="3"> asks for the block live-x of its page
// again. It rests while the page is hidden, asks less often when we are busy or the
// answer says so (data-every), and stops when it holds data-done or is no longer that
// block.
customElements.define('live-part', class extends HTMLElement {
  connectedCallback() {
    this.every = this.wait = Math.max(1, this.getAttribute('every') || 5) * 1000;
    this.plan();
  }
  disconnectedCallback() { clearTimeout(this.timer); }
  plan() { this.timer = setTimeout(() => this.ask(), this.wait * (.9 + Math.random() * .2)); }
  async ask() {
    if (!this.isConnected) return;
    if (document.hidden) {
      document.addEventListener('visibilitychange', () => this.ask(), { once: true });
      return;
    }
    try {
      const answer = await fetch(this.getAttribute('src') || location.href, { headers: { 'Live-Part': this.getAttribute('name') } });
      if (!answer.ok) throw answer.status;
      if (!answer.headers.has('Live-Part')) return;
      const words = await answer.text();
      if (words !== this.words && !this.contains(document.activeElement)) this.innerHTML = this.words = words;
      if (this.querySelector('[data-done]')) return;
      const pace = this.querySelector('[data-every]');
      this.wait = this.every = pace ? pace.dataset.every * 1000 : this.every;
    } catch {
      this.wait = Math.min(this.wait * 2, 60000);
    }
    this.plan();
  }
});

// <live-turn> tells somebody who waits the place in the line, by the one document that
// all who wait read, and presses its button when called. It goes on while the page is
// hidden, so that the title can call; the button is pressed when somebody looks.
const WIB = 7 * 36e5;
customElements.define('live-turn', class extends HTMLElement {
  connectedCallback() { this.every = 15; this.plan(); }
  disconnectedCallback() { clearTimeout(this.timer); }
  plan() { this.timer = setTimeout(() => this.ask(), this.every * (500 + Math.random() * 1000)); }
  async ask() {
    try {
      const answer = await fetch('/waiting/status');
      if (!answer.ok) throw answer.status;
      const now = await answer.json();
      if (this.tell(now)) return this.press();
      this.every = now.again_s;
    } catch {
      this.every = Math.min(this.every * 2, 120);
    }
    this.plan();
  }
  // tell shows what is so now, and says whether there is nothing to wait for any more.
  tell(now) {
    const { episode, lot, number } = this.dataset;
    const place = lot ? Math.floor(lot * now.early) + 1 : +number;
    if (!now.engaged || now.episode != episode || now.drawn && (!place || place <= now.front)) return true;
    if (!now.drawn) return false;
    const turn = now.at_ms + (place - now.front) * 6e4 / (now.per_minute || 1);
    const minutes = Math.max(1, Math.ceil((turn - now.at_ms) / 6e4));
    this.querySelectorAll('[data-before]').forEach(el => { el.hidden = true; });
    this.querySelectorAll('[data-after]').forEach(el => { el.hidden = false; });
    this.count('ahead', place - 1 - now.front);
    this.count('place', place);
    this.count('pace', now.per_minute);
    this.clock('turn', turn);
    this.clock('end', turn + this.dataset.keep * 1000);
    this.clock('now', now.at_ms);
    this.say('left', () => minutes < 60 ? this.unit(minutes, 'minute')
      : this.unit(Math.floor(minutes / 60), 'hour') + (minutes % 60 ? ' ' + this.unit(minutes % 60, 'minute') : ''));
  }
  say(what, words) { this.querySelectorAll(`[data-say=${what}]`).forEach(el => { el.textContent = words(el.textContent); }); }
  count(what, n) { this.say(what, () => n.toLocaleString(document.documentElement.lang)); }
  // The clock keeps the marks that the server wrote between hours, minutes and seconds.
  clock(what, at) {
    const time = new Date(at + WIB).toISOString().slice(11);
    this.say(what, was => was.replace(/\d[\d.:]*\d/, old => time.slice(0, old.length).replace(/:/g, old[2])));
  }
  unit(n, which) { return n + ' ' + this.dataset[which] + (n > 1 && this.dataset.many || ''); }
  press() {
    if (!document.hidden) return this.querySelector('button').click();
    document.title = this.dataset.called;
    document.addEventListener('visibilitychange', () => this.press(), { once: true });
  }
});

// <live-check for="x" src="/…" with="x y"> asks what is to be said about input x of
// its form: when a group of its sixteen digits is complete, and when a field it goes by
// was changed. The input keeps the focus; sending the form checks everything anew.
customElements.define('live-check', class extends HTMLElement {
  connectedCallback() {
    const form = this.closest('form'), input = form.elements[this.getAttribute('for')];
    const fields = this.getAttribute('with').split(' ');
    const soon = () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.ask(form, input, fields), 400); };
    input.addEventListener('input', () => [6, 12, 16].includes(input.value.replace(/\D/g, '').length) && soon());
    form.addEventListener('change', event => input.value && fields.includes(event.target.name) && soon());
  }
  async ask(form, input, fields) {
    const asked = new URLSearchParams(), data = new FormData(form);
    for (const name of ['form_token', ...fields]) asked.set(name, data.get(name) || '');
    if (input.matches(':focus') && input.value.replace(/\D/g, '').length < 16) asked.set('typing', input.name);
    const at = this.at = String(asked);
    const answer = await fetch(this.getAttribute('src'), { method: 'POST', body: asked, headers: { 'Live-Part': input.name } }).catch(() => 0);
    if (!answer.ok || !answer.headers.has('Live-Part')) return;
    const words = await answer.text();
    if (at !== this.at) return;
    this.innerHTML = words;
    const has = kind => !!this.querySelector(kind), mark = this.parentElement.classList;
    mark.toggle('wrong', has('.error'));
    mark.toggle('doubt', has('.warning'));
    input.setAttribute('aria-invalid', has('.error'));
    input.setAttribute('aria-describedby', input.id + '-h' + (has('[id]') ? ' ' + input.id + '-e' : ''));
  }
});

// <form data-draft="name"> keeps what was typed on this device for a day, so that
// a lost connection loses nothing. Consent, passwords, codes and files are never kept.
const forget = name => Object.keys(localStorage).filter(key => key.startsWith('draft:' + name)).forEach(key => localStorage.removeItem(key));
const kept = form => [...form.elements].filter(el => el.name && el.autocomplete !== 'one-time-code' &&
  !/^(hidden|password|file|checkbox|submit|button|fieldset)$/.test(el.type));
const drafts = () => {
  all('[data-draft-clear]', el => forget(el.dataset.draftClear));
  all('form[data-draft]', form => {
    const key = 'draft:' + form.dataset.draft;
    const draft = JSON.parse(localStorage.getItem(key) || '{}');
    if (Date.now() - draft.at < 864e5) for (const el of kept(form)) {
      const value = draft.values[el.name];
      if (el.type === 'radio') el.checked ||= el.value === value && !form.elements[el.name].value;
      else if (value && !el.value) el.value = value;
    }
    form.addEventListener('input', () => {
      const values = {};
      for (const el of kept(form)) if (el.type !== 'radio' || el.checked) values[el.name] = el.value;
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
    });
  });
};
try { drafts(); } catch { /* storage is off or full: the form works as it is */ }

// A second tap within four seconds is not sent; the first one stays on its way.
addEventListener('submit', event => {
  const form = event.target;
  if (Date.now() - form.sent < 4000) event.preventDefault();
  else form.sent = Date.now();
});
addEventListener('pageshow', () => all('form', form => { form.sent = 0; }));

// Sixteen digits are read more easily as 6-6-4, as they are typed at the end and when
// they are left. The server takes either.
all('input[data-group]', el => {
  const group = () => { el.value = el.value.replace(/\D/g, '').replace(/^(\d{6})(?=\d)/, '$1 ').replace(/^(.{13})(?=\d)/, '$1 '); };
  el.addEventListener('input', event => {
    if (event.inputType === 'insertText' && !event.isComposing && el.selectionStart === el.value.length && /^[\d .-]{1,19}$/.test(el.value)) group();
  });
  el.addEventListener('change', () => el.value.replace(/\D/g, '').length === 16 && group());
});

// What is to be mended is heard first.
all('.summary[role=alert]', el => el.focus());
