'use strict';
(() => {
  // The page is whole without this: links lead to fields, details open by themselves. Here: pointing at a field shows its bytes and
  // the other way round, keys move between messages.
  const every = [...document.querySelectorAll('.ladder details')];
  const bytes = [...document.querySelectorAll('.b a')];
  let lit = [];
  const dark = () => { lit.forEach(e => e.classList.remove('on')); lit = []; };
  const light = elements => { dark(); lit = elements.filter(Boolean); lit.forEach(e => e.classList.add('on')); };
  const idOf = a => decodeURIComponent(a.getAttribute('href').slice(1));
  const show = target => {
    const a = target.closest && target.closest('.b a');
    if (a) {
      const field = document.getElementById(idOf(a));
      light([a, field && field.querySelector('a')]);
      return;
    }
    const field = target.closest && target.closest('.f li[id]');
    if (field) {
      light([field.querySelector('a'), ...bytes.filter(b => idOf(b) === field.id || idOf(b).startsWith(field.id + '/'))]);
    } else {
      dark();
    }
  };
  document.addEventListener('mouseover', event => show(event.target));
  document.addEventListener('focusin', event => show(event.target));
  const unfold = () => {
    let target = null;
    try {
      target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch { /* a fragment that is no text */ }
    const details = target && (target.closest('details') || target.querySelector('details'));
    if (details) {
      details.open = true;
      target.scrollIntoView({block: 'center'});
      show(target);
    }
  };
  addEventListener('hashchange', unfold);
  unfold();
  const all = open => every.forEach(details => { details.open = open; });
  addEventListener('beforeprint', () => all(true));
  const heads = every.map(details => details.querySelector('summary'));
  const move = by => {
    const at = heads.indexOf(document.activeElement.closest('summary'));
    const to = heads[Math.max(0, Math.min(heads.length - 1, at < 0 ? 0 : at + by))];
    if (to) {
      to.focus();
      to.scrollIntoView({block: 'nearest'});
    }
  };
  const keys = {
    j: () => move(1), k: () => move(-1), e: () => all(true), c: () => all(false),
    ArrowRight: s => { if (s) { s.parentElement.open = true; } }, ArrowLeft: s => { if (s) { s.parentElement.open = false; } },
  };
  document.addEventListener('keydown', event => {
    if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
      keys[event.key](document.activeElement.closest('summary'));
    }
  });
  const bar = document.querySelector('.bar');
  if (bar && every.length > 0) {
    const button = (text, act) => {
      const b = document.createElement('button');
      b.textContent = text;
      b.type = 'button';
      b.addEventListener('click', act);
      bar.append(b);
    };
    button('Open all', () => all(true));
    button('Close all', () => all(false));
    bar.append('Keys: j and k move, the right and left arrows open and close, e and c do so with all');
  }
})();
