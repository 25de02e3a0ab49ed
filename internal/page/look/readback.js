// <read-back for="x"> tells under input x how what is typed there is understood, and the
// button says where the code goes. Without it the server asks once before it sends, and
// so it does for whatever is spelled in a way that only the server reads.
const email = typed => {
  const parts = typed.trim().toLowerCase().split('@');
  return parts.length === 2 && /^[\w.!#$%&'*+/=?^`{|}~-]+$/.test(parts[0]) && /^[a-z\d-]+(\.[a-z\d-]+)+$/.test(parts[1]) && parts;
};
const phone = typed => {
  const digits = typed.replace(/[\s.\-()/\u2010\u2011\u2013]/g, '').replace(/^(\+|00)/, '').replace(/^62/, '').replace(/^0/, '');
  return /^8\d{8,11}$/.test(digits) && [`0${digits}`.replace(/^(.{4})(.{4})/, '$1-$2-'), ''];
};
customElements.define('read-back', class extends HTMLElement {
  connectedCallback() {
    const form = this.closest('form'), input = form.elements[this.getAttribute('for')];
    if (!input) return; // on a page of its own there is nothing to follow
    const button = form.querySelector('[data-to]'), plain = button.textContent, read = form.elements.read;
    const [first, at, second] = this.querySelector('strong').children, hint = this.querySelector('small');
    const tell = () => {
      const understood = email(input.value) || phone(input.value), parts = understood || ['', ''];
      if (!understood && input.value && input.value === read.value) return; // the server told it
      read.value = parts[0] && input.value;
      this.hidden = !parts[0];
      [first.textContent, second.textContent] = parts;
      at.textContent = parts[1] && ' @ ';
      const line = this.dataset.operators.split('\n').find(l => !parts[1] && understood && l.includes(' ' + parts[0].slice(1, 4)));
      hint.hidden = !line;
      hint.lastElementChild.textContent = line ? line.split(':')[0] : '';
      button.textContent = parts[0] ? button.dataset.to.replace('{}', parts.filter(Boolean).join('@')) : plain;
    };
    for (const news of ['input', 'change']) input.addEventListener(news, tell);
    addEventListener('pageshow', tell);
    tell();
  }
});
