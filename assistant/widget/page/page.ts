/** The demo page: who to be, what to try, and what the licensing system knows about one. */

import './page.css';
import { OrderLinks } from './orders.ts';

interface DemoPerson {
  email: string;
  name: string;
  organization: string;
  kind: string;
  note: string;
}

interface Me {
  email: string;
  name: string;
  organization?: string | null;
  kind: string;
}

interface CaseRow { number: string; title: string; status: string; updated_at: string }
interface Webinar { title: string; starts_at: string; duration_minutes?: number; register_url: string }

interface Widget extends HTMLElement {
  compose(text: string): void;
  restart(): void;
  hide(): void;
}

const API = '/api/v1';
const portal = document.documentElement.dataset['portal'] ?? 'clc';

function find<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function element(tag: string, className = '', text = ''): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

const widget = document.querySelector('ask-licensing') as Widget;

async function get<T>(path: string): Promise<T | null> {
  try {
    const response = await fetch(API + path, { headers: { Accept: 'application/json' } });
    return response.ok ? ((await response.json()) as T) : null;
  } catch {
    return null;
  }
}

async function post(path: string, body: unknown): Promise<boolean> {
  try {
    const response = await fetch(API + path, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    });
    return response.ok;
  } catch {
    return false;
  }
}

// --- who to be --------------------------------------------------------------------------------

function initials(name: string): string {
  return name.split(/\s+/).map((part) => part[0] ?? '').slice(0, 2).join('').toUpperCase();
}

function personButton(person: DemoPerson): HTMLElement {
  const item = element('li');
  const button = element('button', 'person') as HTMLButtonElement;
  button.type = 'button';
  const avatar = element('span', 'avatar', initials(person.name));
  avatar.setAttribute('aria-hidden', 'true');
  const words = element('span', 'person-words');
  words.append(element('strong', '', person.name), element('span', 'note', person.note || person.email));
  button.append(avatar, words);
  button.title = person.email;
  button.addEventListener('click', () => void signIn(person));
  item.append(button);
  return item;
}

function drawPeople(people: DemoPerson[]): void {
  const groups = new Map<string, DemoPerson[]>();
  for (const person of people) {
    groups.set(person.organization, [...(groups.get(person.organization) ?? []), person]);
  }
  find('organizations').replaceChildren(...[...groups].map(([name, members]) => {
    const group = element('section', 'organization');
    const list = element('ul', 'people');
    list.append(...members.map(personButton));
    group.append(element('h3', '', name), list);
    return group;
  }));
  find('no-people').hidden = people.length > 0;
}

async function signIn(person: DemoPerson): Promise<void> {
  const done = await post('/auth/demo', { email: person.email });
  find('sign-in-problem').hidden = done;
  if (!done) return;
  await draw(true);
  // The pressed button is gone, and with it the place where one was.
  find('content').focus({ preventScroll: true });
  scrollTo(0, 0);
}

async function signOut(): Promise<void> {
  await post('/auth/sign-out', {});
  await draw(true);
  find('choose').focus();
}

// --- what the licensing system knows ----------------------------------------------------------

const STATUS: Record<string, string> = {
  new: 'New', acknowledged: 'Acknowledged', in_progress: 'In progress',
  customer_pending: 'Waiting for you', closed: 'Closed', cancelled: 'Cancelled',
};

async function drawCases(): Promise<void> {
  const cases = (await get<{ items: CaseRow[] }>('/cases?mine=true&limit=4'))?.items ?? [];
  find('cases').replaceChildren(...cases.map((row) => {
    const item = element('li');
    const words = element('span', 'row-words');
    words.append(element('strong', '', row.title), element('span', 'note', row.number));
    item.append(words, element('span', 'status', STATUS[row.status] ?? row.status));
    return item;
  }));
  find('no-cases').hidden = cases.length > 0;
}

function when(webinar: Webinar): string {
  const start = new Date(webinar.starts_at);
  if (Number.isNaN(start.getTime())) return '';
  const words = start.toLocaleString(undefined, {
    weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit',
  });
  return webinar.duration_minutes ? `${words} · ${webinar.duration_minutes} min` : words;
}

async function drawWebinars(): Promise<void> {
  const webinars = (await get<{ items: Webinar[] }>(`/webinars?portal=${portal}&limit=3`))?.items ?? [];
  find('webinars').replaceChildren(...webinars.slice(0, 3).map((webinar) => {
    const item = element('li');
    const words = element('span', 'row-words');
    words.append(element('strong', '', webinar.title), element('span', 'note', when(webinar)));
    item.append(words);
    if (/^https?:\/\//.test(webinar.register_url)) {
      const link = element('a', 'register', 'Register') as HTMLAnchorElement;
      link.href = webinar.register_url;
      link.rel = 'noopener noreferrer';
      link.setAttribute('aria-label', `Register for ${webinar.title}`);
      item.append(link);
    }
    return item;
  }));
  find('no-webinars').hidden = webinars.length > 0;
}

const orderLinks = new OrderLinks({
  section: find('delegation'), told: find('delegation-told'), accept: find('delegation-accept'),
  show: find('delegation-show'), compose: (text) => widget.compose(text),
});

// --- the page -----------------------------------------------------------------------------------

async function draw(changed: boolean): Promise<void> {
  const me = await get<Me>('/me');
  document.documentElement.dataset['signed'] = me ? 'in' : 'out';
  find('signed-in').hidden = find('account').hidden = !me;
  find('choose').hidden = Boolean(me);
  widget.hidden = !me;
  find('me-name').textContent = me?.name ?? '';
  find('me-organization').textContent = me?.organization ?? '';
  find('console-link').hidden = me?.kind !== 'support';
  if (changed) {
    widget.hide();
    widget.restart();
  }
  orderLinks.draw(me?.email ?? null);
  if (me) await Promise.all([drawCases(), drawWebinars()]);
  else drawPeople((await get<{ items: DemoPerson[] }>('/demo/people'))?.items ?? []);
}

find('sign-out').addEventListener('click', () => void signOut());
for (const button of document.querySelectorAll<HTMLButtonElement>('button.try')) {
  button.addEventListener('click', () => {
    if (document.documentElement.dataset['signed'] === 'in') widget.compose(button.textContent?.trim() ?? '');
    else find('choose').scrollIntoView({ block: 'start' });
  });
}
find('copy').addEventListener('click', () => {
  void navigator.clipboard?.writeText(find('snippet').textContent ?? '').then(() => {
    find('copied').textContent = 'Copied';
  });
});
document.addEventListener('ask-licensing-receipt', () => void drawCases());
document.addEventListener('ask-licensing-message', (event) => {
  // Whoever answers a case has changed its status.
  const messages = (event as CustomEvent<{ case?: unknown }[]>).detail;
  if (messages.some((message) => message.case)) void drawCases();
});
document.addEventListener('ask-licensing-unauthorized', () => {
  if (document.documentElement.dataset['signed'] === 'in') void draw(false);
});
void customElements.whenDefined('ask-licensing').then(() => draw(false));
