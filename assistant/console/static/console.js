/* What the pages do beyond htmx: stay live, keep what is typed, and say what arrived. */
(() => {
  'use strict';

  const root = document.documentElement;
  const liveState = document.getElementById('live-state');
  const announcer = document.getElementById('announce');

  // --- staying live -----------------------------------------------------------------------------
  // One stream while the page is looked at. A browser allows six connections to one origin, so a
  // page in the background closes its own and looks again when it comes back.

  let source = null;
  const chat = document.querySelector('[data-chat]');
  const address = chat ? `/console/stream?chat=${encodeURIComponent(chat.dataset.chat)}` : '/console/stream';

  function show(state, words) {
    if (!liveState) return;
    liveState.dataset.state = state;
    document.getElementById('live-words').textContent = words;
  }

  function connect() {
    if (source || !liveState) return;
    source = new EventSource(address);
    source.addEventListener('typing', showTyping);
    source.addEventListener('changed', () => {
      show('live', 'Live');
      if (window.htmx) window.htmx.trigger(document.body, 'desk-changed');
    });
    source.addEventListener('error', () => {
      const over = source && source.readyState === EventSource.CLOSED;
      show('lost', over ? 'Not live, reload the page' : 'Reconnecting');
    });
  }

  function disconnect() {
    if (source) source.close();
    source = null;
  }

  // An agent who looks at another tab is still there: one hidden page of the console keeps its
  // stream, whichever gets the lock; the others close theirs.
  let letGo = null;

  function hide() {
    if (!navigator.locks) return disconnect();
    navigator.locks.request('desk-stays', { ifAvailable: true }, (lock) => {
      if (!document.hidden) return null;
      if (!lock) return disconnect();
      return new Promise((resolve) => { letGo = resolve; });
    });
    return undefined;
  }

  function come() {
    if (letGo) letGo();
    letGo = null;
    connect();
    if (window.htmx) window.htmx.trigger(document.body, 'desk-changed');
  }

  document.addEventListener('visibilitychange', () => (document.hidden ? hide() : come()));
  // What nobody sees is neither fetched nor counted as seen.
  document.addEventListener('htmx:beforeRequest', (event) => {
    if (document.hidden && event.detail.requestConfig.verb === 'get') event.preventDefault();
  });
  window.addEventListener('pagehide', disconnect);
  window.addEventListener('pageshow', connect);

  // --- typing, both ways --------------------------------------------------------------------------
  // Shown, and not read out: whoever listens to the page would hear nothing else.

  const TYPING_MS = 6000;
  const SAY_EVERY_MS = 3000;
  let typingOver;
  let saidTyping = 0;

  function showTyping() {
    const line = document.getElementById('typing');
    if (!line) return;
    line.hidden = false;
    clearTimeout(typingOver);
    typingOver = setTimeout(() => { line.hidden = true; }, TYPING_MS);
  }

  function stopTyping() {
    clearTimeout(typingOver);
    const line = document.getElementById('typing');
    if (line) line.hidden = true;
  }

  document.addEventListener('input', (event) => {
    const form = event.target.closest('form[data-typing]');
    if (!form || !event.target.value || Date.now() - saidTyping < SAY_EVERY_MS) return;
    saidTyping = Date.now();
    fetch(form.dataset.typing, { method: 'POST', keepalive: true }).catch(() => {});
  });

  // --- keeping what is typed --------------------------------------------------------------------
  // A form that somebody has changed is not replaced by what arrives, and a long answer survives
  // a reload. Drafts stay in this tab only.

  function draftKey(field) {
    const form = field.closest('form[data-draft]');
    return form && field.name === 'text' ? `draft:${form.dataset.draft}` : null;
  }

  document.addEventListener('input', (event) => {
    const form = event.target.closest('form');
    if (form) form.dataset.changed = 'yes';
    const key = draftKey(event.target);
    if (!key) return;
    if (event.target.value) sessionStorage.setItem(key, event.target.value);
    else sessionStorage.removeItem(key);
  });

  function restoreDrafts(place) {
    for (const field of place.querySelectorAll('form[data-draft] textarea')) {
      const kept = sessionStorage.getItem(draftKey(field));
      if (kept && !field.value) {
        field.value = kept;
        field.form.dataset.changed = 'yes';
      }
    }
  }

  document.addEventListener('htmx:beforeSwap', (event) => {
    const { xhr, requestConfig } = event.detail;
    if (xhr.status >= 200 && xhr.status < 300 && requestConfig.verb === 'post') {
      const form = requestConfig.elt;
      if (form.dataset && form.dataset.draft) sessionStorage.removeItem(`draft:${form.dataset.draft}`);
    }
  });

  document.addEventListener('htmx:oobBeforeSwap', (event) => {
    const place = event.detail.target;
    if (place.querySelector('form[data-changed]')) {
      event.detail.shouldSwap = false;
      return;
    }
    for (const open of place.querySelectorAll('details[open][id]')) {
      const next = event.detail.fragment.querySelector(`#${CSS.escape(open.id)}`);
      if (next) next.open = true;
    }
    const before = new Set(entries(place).map(nameOf));
    const follow = place.hasAttribute('data-follow') && nearEnd();
    // The swap follows at once, in the same task.
    queueMicrotask(() => tell(place, before, follow));
  });

  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.matches('form textarea')) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });

  // --- saying what arrived ----------------------------------------------------------------------

  const NEWS = {
    'sec-cases': ['new case', 'new cases'],
    'sec-thread': ['new entry in the thread', 'new entries in the thread'],
    'sec-transcript': ['new message in the chat', 'new messages in the chat'],
    'sec-whispers': ['new whisper', 'new whispers'],
  };

  function nearEnd() {
    return root.scrollHeight - window.scrollY - window.innerHeight < 240;
  }

  function entries(place) {
    return [...place.querySelectorAll('[data-entry], [data-case]')];
  }

  function nameOf(entry) {
    return entry.dataset.entry || entry.dataset.case;
  }

  function tell(place, before, follow) {
    restoreDrafts(place);
    const words = NEWS[place.id];
    const fresh = words ? entries(place).filter((entry) => !before.has(nameOf(entry))) : [];
    if (!fresh.length) return;
    if (place.id === 'sec-transcript') stopTyping();
    for (const entry of fresh) entry.classList.add('is-new');
    announcer.textContent = `${fresh.length} ${words[fresh.length === 1 ? 0 : 1]}`;
    if (follow) window.scrollTo(0, root.scrollHeight);
  }

  for (const failure of ['htmx:sendError', 'htmx:timeout', 'htmx:responseError']) {
    document.addEventListener(failure, (event) => {
      const { requestConfig } = event.detail;
      if (requestConfig && (requestConfig.verb === 'get' || requestConfig.elt.dataset.quiet)) return;
      const notice = document.getElementById('notice');
      const box = document.createElement('p');
      box.className = 'problem';
      box.textContent = 'The desk can’t be reached right now. What you typed is still here: send it again in a moment. It is done once at most.';
      notice.replaceChildren(box);
      notice.scrollIntoView({ block: 'center' });
    });
  }
  document.addEventListener('htmx:afterRequest', (event) => {
    if (event.detail.xhr.status < 400 && event.detail.requestConfig.verb === 'post') document.getElementById('notice').replaceChildren();
  });

  document.addEventListener('DOMContentLoaded', () => {
    restoreDrafts(document);
    connect();
    if (document.querySelector('[data-follow]')) window.scrollTo(0, root.scrollHeight);
  });
})();
