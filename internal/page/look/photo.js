// <photo-send> looks at a photo of a card before it is sent, shrinks it, which also drops
// where and when it was taken, and uploads it so that a line that breaks loses nothing.
// What it finds are hints: the server judges. Where anything here is missing or fails, the
// form is sent as it is. It says nothing of its own: its words stand in the page.
const most = 1600, weight = 3e5, tries = 8;

// The least that makes a good photo: its longer side in pixels, the luma of its brightest
// twentieth, and how steep its edges stay when twice the pixels show them. On specimen
// cards the good ones have 157 and 1.0 at least, the dark 67 and the blurred .8 at most.
const least = { small: 640, dark: 90, blur: .88 };

const wait = ms => new Promise(done => {
  setTimeout(done, ms);
  addEventListener('online', done, { once: true });
});

// An image is turned as its camera was held, in every browser.
const decode = file => new Promise((done, fail) => {
  const reader = new FileReader(), image = new Image();
  image.onload = () => done(image);
  image.onerror = reader.onerror = fail;
  reader.onload = () => { image.src = reader.result; };
  reader.readAsDataURL(file);
});

const drawn = (source, width, height, longest) => {
  const by = Math.min(1, longest / Math.max(width, height)), canvas = document.createElement('canvas');
  canvas.width = Math.round(width * by);
  canvas.height = Math.round(height * by);
  const pen = canvas.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
};

const light = async canvas => {
  for (const quality of [.88, .8, .7, .6]) {
    const blob = await new Promise(done => canvas.toBlob(done, 'image/jpeg', quality));
    if (blob && blob.size <= weight) return blob;
  }
  return light(drawn(canvas, canvas.width, canvas.height, Math.max(canvas.width, canvas.height) * .8));
};

// scan tells of a copy how bright its brightest twentieth is, and how steep the steepest
// hundredth of its edges.
const scan = (canvas, longest) => {
  const copy = drawn(canvas, canvas.width, canvas.height, longest), { width, height } = copy;
  const { data } = copy.getContext('2d').getImageData(0, 0, width, height);
  const luma = new Uint8Array(width * height), bright = new Uint32Array(256), steep = new Uint32Array(400);
  for (let at = 0; at < luma.length; at++) {
    luma[at] = .299 * data[4 * at] + .587 * data[4 * at + 1] + .114 * data[4 * at + 2];
    bright[luma[at]]++;
    if (at >= width && at % width) steep[Math.round(Math.hypot(luma[at] - luma[at - 1], luma[at] - luma[at - width]))]++;
  }
  const most = (counts, left) => {
    let at = counts.length;
    while (left > 0 && at) left -= counts[--at];
    return at;
  };
  return { bright: most(bright, luma.length / 20), steep: most(steep, luma.length / 100) };
};

const measure = canvas => {
  const fine = scan(canvas, 800), coarse = scan(canvas, 400);
  return { small: Math.max(canvas.width, canvas.height), dark: coarse.bright, blur: fine.steep / (coarse.steep || 1) };
};

// The upload that is under way outlives the page: the same file goes on where it stood.
const kept = mark => {
  try {
    const { mark: of, url } = JSON.parse(localStorage.getItem('photo'));
    return of === mark && url;
  } catch { return null; }
};
const keep = value => {
  try { localStorage[value ? 'setItem' : 'removeItem']('photo', JSON.stringify(value)); } catch { /* it begins anew */ }
};

customElements.define('photo-send', class extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector('form');
    this.input = this.form.elements.photo;
    [this.canvas, this.video, this.bar] = ['canvas', 'video', 'progress'].map(name => this.querySelector(name));
    this.input.addEventListener('change', () => { this.ready = this.take(this.input.files[0]); });
    this.form.addEventListener('submit', event => this.submit(event));
    this.querySelectorAll('[data-do]').forEach(el => el.addEventListener('click', () => this[el.dataset.do]()));
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return;
    this.querySelector('[data-camera]').hidden = false;
    // The camera has a button of its own now, so the field is for what is on the phone.
    this.input.removeAttribute('capture');
  }
  disconnectedCallback() { this.stop(); }

  say(...what) { this.querySelectorAll('[data-say]').forEach(el => { el.hidden = !what.includes(el.dataset.say); }); }

  async take(file) {
    this.stop();
    this.blob = null;
    this.show();
    this.say();
    if (!file) return;
    const image = await decode(file).catch(() => null);
    if (!image) return this.say('type');
    await this.picture(image, image.naturalWidth, image.naturalHeight);
  }
  async picture(source, width, height) {
    const canvas = drawn(source, width, height, most), found = measure(canvas);
    this.show(canvas);
    this.blob = await light(canvas);
    const hints = Object.keys(least).filter(name => found[name] < least[name]);
    this.say(...hints.length ? hints.slice(0, 1) : ['good']);
  }
  show(canvas) {
    this.canvas.hidden = !canvas;
    this.canvas.parentElement.className = canvas ? 'taken' : '';
    if (!canvas) return;
    this.canvas.width = canvas.width;
    this.canvas.height = canvas.height;
    this.canvas.getContext('2d').drawImage(canvas, 0, 0);
  }

  async open() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1440 } } });
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch {
      this.stop();
      this.querySelector('[data-camera]').hidden = true;
      return this.say('camera');
    }
    this.show();
    this.say();
    this.aim(true);
    this.video.scrollIntoView({ block: 'center' });
  }
  shoot() {
    const { video } = this, { videoWidth, videoHeight } = video;
    const still = drawn(video, videoWidth, videoHeight, most);
    this.stop();
    this.input.value = '';
    this.ready = this.picture(still, still.width, still.height);
  }
  close() { this.stop(); }
  stop() {
    if (this.stream) this.stream.getTracks().forEach(track => track.stop());
    this.stream = this.video.srcObject = null;
    this.aim(false);
  }
  aim(on) {
    this.video.hidden = !on;
    if (on) this.video.parentElement.className = 'aim';
    else if (this.video.parentElement.className === 'aim') this.video.parentElement.className = '';
    this.querySelectorAll('[data-do]').forEach(el => { el.hidden = (el.dataset.do === 'open') === on; });
  }

  async submit(event) {
    if (!this.ready) return;
    event.preventDefault();
    await this.ready;
    if (!this.blob) return this.plain();
    if (this.sending) return;
    const button = this.querySelector('[data-send]');
    this.sending = button.disabled = true;
    this.say('sending');
    this.bar.hidden = false;
    const end = await this.upload(this.blob);
    this.sending = button.disabled = false;
    this.bar.hidden = true;
    if (end === 'done') location.assign(this.form.getAttribute('action'));
    else if (end === 'away') this.say('away');
    else this.plain();
  }
  // plain sends the form itself, with the small picture in place of the large one: its
  // answer is a page that says what is the matter.
  plain() {
    try {
      const files = new DataTransfer();
      if (this.blob) {
        files.items.add(new File([this.blob], 'ktp.jpg', { type: 'image/jpeg' }));
        this.input.files = files.files;
      }
    } catch { /* the file goes as it was chosen */ }
    this.form.submit();
  }

  async upload(blob) {
    const mark = await this.mark(blob);
    let url = mark && kept(mark), at = url ? null : 0;
    for (let n = 0; n < tries; n++) {
      try {
        if (!url) {
          [url, at] = [await this.begin(blob, mark), 0];
          keep({ mark, url });
        }
        if (at === null) at = await this.stands(url);
        this.bar.value = at / blob.size * 100;
        if (at < blob.size) await this.patch(url, blob, at);
        keep(null);
        return 'done';
      } catch (status) {
        at = null;
        this.bar.value = 0;
        if (status === 404 || status === 410) url = null;
        else if (status && status < 500 && status !== 408 && status !== 409) return 'plain';
      }
      this.say('sending', 'broken');
      await wait(Math.min(30, 2 ** n) * 1000 * (.75 + Math.random() / 2));
    }
    return 'away';
  }
  async mark(blob) {
    if (!window.crypto || !crypto.subtle) return '';
    const sum = await crypto.subtle.digest('SHA-256', await new Response(blob).arrayBuffer());
    return [...new Uint8Array(sum)].slice(0, 16).map(n => n.toString(16).padStart(2, '0')).join('');
  }
  async begin(blob, digest) {
    const asked = new URLSearchParams({ form_token: this.form.elements.form_token.value, size: blob.size, digest });
    const answer = await fetch(this.dataset.to, { method: 'POST', body: asked }).catch(() => { throw 0; });
    if (answer.status !== 201) throw answer.ok ? 401 : answer.status;
    return answer.headers.get('Location');
  }
  async stands(url) {
    const answer = await fetch(url, { method: 'HEAD' }).catch(() => { throw 0; });
    if (!answer.ok || !answer.headers.has('Upload-Offset')) throw answer.ok ? 401 : answer.status;
    return +answer.headers.get('Upload-Offset');
  }
  // Of the ways to send, only this one tells how far it has come.
  patch(url, blob, at) {
    return new Promise((done, fail) => {
      const ask = new XMLHttpRequest();
      ask.open('PATCH', url);
      ask.setRequestHeader('Content-Type', 'application/offset+octet-stream');
      ask.setRequestHeader('Tus-Resumable', '1.0.0');
      ask.setRequestHeader('Upload-Offset', at);
      ask.upload.onprogress = event => { this.bar.value = (at + event.loaded) / blob.size * 100; };
      ask.onload = () => ask.status === 204 ? done() : fail(ask.status < 300 ? 401 : ask.status);
      ask.onerror = ask.onabort = ask.ontimeout = () => fail(0);
      ask.timeout = 12e4;
      ask.send(blob.slice(at));
    });
  }
});
