/** What mails about orders link to: accepting to assign one in somebody's place, and asking about one. */

const TOKEN = /^#order_delegation=([\w.~-]{8,200})$/;
const NUMBER = /^\d{7,20}$/;
const KEPT = 'order-delegation';

interface Answer {
  number?: string;
  detail?: string;
  hint?: string;
}

/** The page's own parts that this needs. */
export interface Place {
  section: HTMLElement;
  told: HTMLElement;
  accept: HTMLButtonElement;
  show: HTMLButtonElement;
  compose(text: string): void;
}

/** Take the token out of the address, so that it stays in this tab and in no history. */
function takeToken(): void {
  const found = TOKEN.exec(location.hash)?.[1];
  if (!found) return;
  sessionStorage.setItem(KEPT, found);
  history.replaceState(null, '', location.pathname + location.search);
}

async function redeem(token: string): Promise<{ done: boolean; answer: Answer }> {
  try {
    const response = await fetch('/api/v1/order-delegations/redeem', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token }),
    });
    return { done: response.ok, answer: (await response.json()) as Answer };
  } catch {
    return { done: false, answer: { detail: 'The licensing system can’t be reached.', hint: 'Try again in a moment.' } };
  }
}

export class OrderLinks {
  readonly #place: Place;
  #asked: string | null;

  constructor(place: Place) {
    this.#place = place;
    const asked = new URLSearchParams(location.search).get('order') ?? '';
    this.#asked = NUMBER.test(asked) ? asked : null;
    takeToken();
    // The same page, opened with another link.
    addEventListener('hashchange', () => { if (TOKEN.test(location.hash)) location.reload(); });
    place.accept.addEventListener('click', () => void this.#accept());
    place.show.addEventListener('click', () => place.compose(place.show.textContent ?? ''));
  }

  /** Show what is left to do for whoever is signed in by this address; null while nobody is. */
  draw(email: string | null): void {
    const { section, told, accept, show } = this.#place;
    const token = sessionStorage.getItem(KEPT);
    section.hidden = !token;
    show.hidden = true;
    accept.hidden = !email;
    accept.disabled = false;
    told.textContent = email
      ? `You are signed in as ${email}. The link works for the address that it was mailed to, and once.`
      : 'Sign in with the address that the link was mailed to; then you can accept.';
    if (email && this.#asked) {
      this.#place.compose(`Where is order ${this.#asked}?`);
      this.#asked = null;
    }
  }

  async #accept(): Promise<void> {
    const { told, accept, show } = this.#place;
    const token = sessionStorage.getItem(KEPT);
    if (!token) return;
    accept.disabled = true;
    const { done, answer } = await redeem(token);
    accept.disabled = false;
    if (!done) {
      told.textContent = [answer.detail, answer.hint].filter(Boolean).join(' ') || 'That did not work. Try again in a moment.';
      return;
    }
    sessionStorage.removeItem(KEPT);
    told.textContent = `Accepted. You may assign order ${answer.number} now.`;
    show.textContent = `Show order ${answer.number}`;
    accept.hidden = true;
    show.hidden = false;
    show.focus();
  }
}
