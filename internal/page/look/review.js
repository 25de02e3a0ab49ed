// Keys of the review desk, for hands that stay on the keyboard: + makes the cards large,
// R turns them, a digit chooses a decision, N skips. Without this the links do it by asking for
// the page again, and nothing is lost.
const figures = [...document.querySelectorAll('.look-at')];
const each = change => () => figures.forEach(f => {
  const shot = f.querySelector('.shot');
  if (!shot) return;
  change(f);
  shot.scrollTo((shot.scrollWidth - shot.clientWidth) / 2, (shot.scrollHeight - shot.clientHeight) / 2);
});
const does = {
  '+': each(f => f.classList.toggle('large')),
  r: each(f => { f.dataset.turn = (Number(f.dataset.turn) + 1) % 4; }),
  n: () => { location = document.querySelector('[data-key=n]') ?? location; }
};
does['='] = does['+'];
for (const link of document.querySelectorAll('[data-key]')) link.addEventListener('click', e => {
  e.preventDefault();
  does[link.dataset.key]();
});
addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(text|textarea|search|password)$/.test(e.target.type)) return;
  const radio = document.querySelectorAll('main [type=radio]')[e.key - 1];
  if (radio) {
    radio.checked = true;
    radio.focus();
  }
  does[e.key.toLowerCase()]?.();
});
