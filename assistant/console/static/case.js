/* One case: who else is here, what was read before an answer was begun, and single keys. */
(() => {
  'use strict';

  const help = document.getElementById('keys');
  const opener = document.getElementById('show-keys');
  const writes = document.getElementById('writes');
  if (!help || !opener || !writes) return;

  // --- who else is here -------------------------------------------------------------------------
  // Colleagues see that this page is open, and whether something is being written on it. A page
  // in the background counts as left.

  const EVERY_MS = 20000;

  function isWriting() {
    const fields = document.querySelectorAll('#reply-text, #note-text');
    return [...fields].some((field) => field.form.dataset.changed && field.value.trim());
  }

  function tell() {
    if (document.hidden || !window.htmx) return;
    writes.value = isWriting() ? 'yes' : 'no';
    window.htmx.trigger(document.body, 'still-here');
  }

  setInterval(tell, EVERY_MS);
  document.addEventListener('visibilitychange', tell);
  document.addEventListener('DOMContentLoaded', tell);
  document.addEventListener('input', () => {
    // At once, not in 20 seconds: that somebody began is what colleagues have to know.
    if ((writes.value === 'yes') !== isWriting()) tell();
  });

  // --- what was read before an answer was begun -------------------------------------------------
  // Runs before console.js marks the form as changed: the last entry on screen when the first
  // letter was typed. What arrives later was not known when the answer was begun.

  document.addEventListener('input', (event) => {
    const form = event.target.closest('form');
    if (!form || !form.elements.expected || form.dataset.changed) return;
    const entries = document.querySelectorAll('#sec-thread [data-entry]');
    const last = entries[entries.length - 1];
    if (last) form.elements.expected.value = last.dataset.entry;
  }, true);

  // --- single keys ------------------------------------------------------------------------------

  function focusOn(id) {
    const field = document.getElementById(id);
    if (!field) return;
    field.focus();
    field.scrollIntoView({ block: 'center' });
  }

  const KEYS = {
    r: () => focusOn('reply-text'),
    n: () => focusOn('note-text'),
    m: () => focusOn('prepared'),
    '.': () => focusOn('prepared'),
    c: () => document.querySelector('#sec-head form button')?.form.requestSubmit(),
    '?': () => help.showModal(),
  };

  function isTyping(at) {
    return at.matches('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]');
  }

  opener.hidden = false;
  opener.addEventListener('click', () => help.showModal());
  if (opener.dataset.keys !== 'on') return;
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open || isTyping(event.target)) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
