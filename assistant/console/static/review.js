/* Labelling by key: the number in front of a meaning, 0 for out of scope, I for ignore. */
(() => {
  'use strict';

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.matches('input:not([type=checkbox]), textarea, select')) return;
    const button = document.querySelector(`#label button[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  // What is typed in means nothing when one of the other buttons is pressed.
  document.getElementById('label')?.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.target.id !== 'other') return;
    event.preventDefault();
    event.target.form.querySelector('[data-other]').click();
  });
})();
