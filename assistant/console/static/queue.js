/* The list of cases by keyboard, and the bar for the cases that are picked. */
(() => {
  'use strict';

  const list = document.getElementById('sec-cases');
  const bar = document.getElementById('bulk');
  const help = document.getElementById('keys');
  const opener = document.getElementById('show-keys');
  if (!list || !bar || !help || !opener) return;

  // --- what is picked ---------------------------------------------------------------------------

  function picked() {
    return [...list.querySelectorAll('[name=numbers]:checked')];
  }

  function count() {
    const number = picked().length;
    document.getElementById('picked').textContent = `${number} case${number === 1 ? '' : 's'} picked`;
  }

  list.addEventListener('change', count);

  // A list that comes anew keeps what was picked in the one before.
  document.addEventListener('htmx:oobBeforeSwap', (event) => {
    if (event.detail.target !== list) return;
    for (const box of picked()) {
      const again = event.detail.fragment.querySelector(`[name=numbers][value="${CSS.escape(box.value)}"]`);
      if (again) again.checked = true;
    }
    queueMicrotask(count);
  });

  // --- keys -------------------------------------------------------------------------------------
  // What has the focus is the current case, so that a screen reader says where one is.

  function links() {
    return [...list.querySelectorAll('.c-title a')];
  }

  function row() {
    const at = document.activeElement;
    return at && list.contains(at) ? at.closest('tr') : null;
  }

  function move(step) {
    const all = links();
    const here = row() ? all.indexOf(row().querySelector('.c-title a')) : step > 0 ? -1 : all.length;
    const next = all[Math.min(Math.max(here + step, 0), all.length - 1)];
    if (next) next.focus();
  }

  const KEYS = {
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    c: () => row()?.querySelector('.c-agent form')?.requestSubmit(),
    x: () => row()?.querySelector('[name=numbers]')?.click(),
    '/': () => document.getElementById('q').select(),
    '?': () => help.showModal(),
  };

  function isTyping(at) {
    return at.matches('input:not([type=checkbox]), textarea, select, [contenteditable]');
  }

  opener.hidden = false;
  opener.addEventListener('click', () => help.showModal());
  if (opener.dataset.keys !== 'on') return;
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open || isTyping(event.target)) return;
    // Arrows scroll the page unless somebody is in the list.
    if (event.key.startsWith('Arrow') && !row()) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
