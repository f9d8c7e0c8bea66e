/** Draws the parts of the panel from the state of a session. */

import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { keyed } from 'lit/directives/keyed.js';
import { repeat } from 'lit/directives/repeat.js';

import { hasButtons } from './cards.ts';
import { drawControl } from './controls/index.ts';
import type { Upload } from './files.ts';
import { dayWords, drawMessage, drawOutgoing } from './message.ts';
import { icons } from './icons.ts';
import { hasButton } from './orders.ts';
import { plainWords, prose } from './prose.ts';
import type { Session } from './session.ts';
import type { Said } from './transcript.ts';
import type { Ask, Button, Conversation, Reply } from './types.ts';
import { statusWords, words } from './words.ts';

/** After how long a turn is said to take longer than usual. */
export const SLOW_MS = 8000;

export interface View {
  /** Earlier conversations while they are shown, else null. */
  past: Conversation[] | 'loading' | null;
  replyTo: Reply | null;
  upload: Upload | null;
}

export interface TalkContext {
  session: Session;
  base: string;
  view: View;
  say(said: Said): void;
  upload(file: File): void;
  reply(message: Reply): void;
}

type Drawn = TemplateResult | typeof nothing;

/** One line above the transcript: no connection, or who has the conversation. */
export function drawBar(session: Session, press: (said: Said) => void): TemplateResult {
  const { conversation } = session;
  const status = conversation?.status;
  if (!session.online) {
    const text = navigator.onLine ? words.offlineServer : words.offline;
    return html`<div role="status"><div class="bar">${icons.retry}${text}</div></div>`;
  }
  const told = status === 'person' ? words.withPerson(conversation?.agent) : status === 'closed' ? words.closed : '';
  if (conversation && status === 'waiting') return drawQueue(session, conversation, press);
  return html`<div role="status">${told
    ? html`<div class="bar calm">${icons.person}${told}</div>` : nothing}</div>`;
}

const LEAVE = '/leave_queue';

/**
 * The place in the queue. Read out is the place alone, when it changes; how long it takes may be
 * said anew at any moment, and is there to be looked up.
 */
function drawQueue(session: Session, { queue }: Conversation, press: (said: Said) => void): TemplateResult {
  const isOffered = session.transcript.turn.some(({ buttons }) => buttons?.some(({ payload }) => payload === LEAVE));
  const leave = { payload: LEAVE, title: words.backToAssistant };
  return html`<div class="bar calm queue">${icons.person}<div class="queue-words">
      <span role="status">${queue ? words.inQueue(queue.position) : words.waitingForPerson}</span>
      <span>${queue ? (queue.minutes ? words.usually(queue.minutes) : words.usuallyUnknown) : nothing}</span></div>
    ${isOffered ? nothing : html`<button type="button" class="text-button" @click=${() => press(leave)}>${words.backToAssistant}</button>`}</div>`;
}

export interface UploadActions {
  stop(): void;
  again(): void;
}

/** A file on its way, above where one types; or why it is not, and what to do. */
export function drawUpload(upload: Upload | null, actions: UploadActions): Drawn {
  if (!upload) return nothing;
  const { file, sent, problem, passes } = upload;
  if (problem) {
    return html`<div class="upload"><p class="problem" role="alert">${problem}</p><span class="row">
      ${passes ? html`<button type="button" class="text-button" @click=${actions.again}>${icons.retry}${words.tryAgain}</button>` : nothing}
      <button type="button" class="text-button" @click=${actions.stop}>${words.discard}</button></span></div>`;
  }
  return html`<div class="upload">${icons.file}<span class="name" role="status">${words.uploading(file.name)}</span>
    <progress max="1" value=${sent} aria-label=${words.uploading(file.name)}></progress><span class="hint" aria-hidden="true">${words.sentShare(sent)}</span>
    <button type="button" class="icon-button" aria-label=${words.stopUpload(file.name)} @click=${actions.stop}>${icons.close}</button></div>`;
}

/** In place of a conversation: connecting, signed out, or what went wrong. */
export function drawNotice(session: Session, again: () => void): TemplateResult {
  const { phase, problem } = session;
  const button = html`<button type="button" class="primary" @click=${again}>${words.tryAgain}</button>`;
  const content = phase === 'signed-out'
    ? html`<h3>${words.signedOutTitle}</h3><p>${words.signedOut}</p>${button}`
    : phase === 'failed'
      ? html`<h3>${problem?.title ?? words.unexpected}</h3>
        <p>${[problem?.detail, problem?.hint].filter(Boolean).join(' ')}</p>${button}`
      : html`<p>${problem ? `${problem.sentences} ${words.tryingAgain}` : words.starting}</p>`;
  return html`<div class="scroller"><div class="notice" role="status">${content}</div></div>`;
}

export function drawPast(past: Conversation[] | 'loading', session: Session, choose: (one: Conversation) => void): TemplateResult {
  const row = (one: Conversation): TemplateResult => {
    const at = new Date(one.updated_at ?? one.created_at ?? '');
    const when = Number.isNaN(at.getTime()) ? '' : at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
    const isCurrent = one.id === session.conversation?.id;
    return html`<li><button type="button" aria-current=${isCurrent ? 'true' : 'false'} @click=${() => choose(one)}>
      <strong>${words.conversationOn(one.portal.toUpperCase())}</strong>
      ${one.last ? html`<span class="begin">${plainWords(one.last)}</span>` : nothing}
      <span class="hint">${[isCurrent ? words.current : '', statusWords(one.status), when].filter(Boolean).join(' · ')}</span>
    </button></li>`;
  };
  return html`<div class="scroller" tabindex="0" role="region" aria-label=${words.past}>
    ${past !== 'loading' && past.length
    ? html`<ul class="past" role="list">${past.map(row)}</ul>`
    : html`<p class="hint" role="status">${past === 'loading' ? words.starting : words.noPast}</p>`}
  </div>`;
}

/** What the drawing of a message with a card depends on beside the message itself. */
function cardState(message: Reply, session: Session): unknown[] {
  const id = message.proposal?.id;
  if (!id) return [message.card && hasButtons(message.card) && session.turnSince !== null];
  const { decisions, receipts, clockOffset } = session;
  return [decisions.underWay.has(id), decisions.refusals.get(id), receipts.get(id), clockOffset];
}

/** Everything said so far. A log without a live region: new messages are announced elsewhere. */
export function drawLog(context: TalkContext): TemplateResult {
  const { session } = context;
  const { messages, outgoing } = session.transcript;
  const speaker = (message: Reply | undefined): string => (message
    ? [message.role, message.case?.number, message.author].join('|') : '');
  const draw = (message: Reply, index: number): TemplateResult => {
    const day = dayWords(message, messages[index - 1]);
    const next = messages[index + 1];
    const first = Boolean(day) || speaker(messages[index - 1]) !== speaker(message);
    const last = speaker(next) !== speaker(message);
    const drawn = (): TemplateResult => html`${day ? html`<li class="day">${day}</li>` : nothing}${
      drawMessage(message, {
        session,
        base: context.base,
        first,
        last,
        reply: context.reply,
        press: context.say,
        change: () => context.say({ payload: '/change', title: words.change }),
      })}`;
    // Hundreds of messages, and only the newest ever change: the others aren't drawn again.
    return html`${guard([message, day, first, last, ...cardState(message, session)], drawn)}`;
  };
  return html`<div role="log" aria-live="off" aria-label=${words.transcript}><ol class="log" role="list">
    ${repeat(messages, (message) => message.id, draw)}
    ${repeat(outgoing, (out) => out.id, (out) => drawOutgoing(out, session))}
  </ol></div>`;
}

/** Below what was said: what is being written, and how one may answer. */
export function drawTurn(context: TalkContext): TemplateResult {
  const { session } = context;
  const { turnSince, delta, transcript } = session;
  if (turnSince !== null || delta) return drawWorking(turnSince, delta);
  const { asking, ask } = transcript;
  // With an agent, what was offered before they came is no longer the way to go on.
  const turn = session.conversation?.status === 'person' ? transcript.turn.slice(-1) : transcript.turn;
  return html`${drawTyping(session.typing.name)}${drawOffers(offers(turn, ask), context)}${
    // A question's control begins empty, also after a question of the same kind.
    asking && ask ? keyed(asking.id, drawQuestion(ask, context)) : nothing}`;
}

/** An agent who is typing: seen, and never read out, or nothing else would be heard. */
function drawTyping(name: string): Drawn {
  return name ? html`<div class="types"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
    <span>${words.types(name)}</span></div>` : nothing;
}

function drawWorking(since: number | null, delta: string): TemplateResult {
  const slow = since !== null && Date.now() - since >= SLOW_MS;
  return html`
    ${delta ? html`<div class="message bot first"><div class="bubble">${prose(delta)}</div></div>` : nothing}
    ${since === null ? nothing : html`<div class="typing">
      ${delta ? nothing : html`<span class="dots" role="img" aria-label=${words.thinking}><i></i><i></i><i></i></span>`}
      <span role="status">${slow ? words.slow : nothing}</span></div>`}`;
}

// What an open card has buttons for itself, whoever else offers it.
const ON_CARDS: readonly string[] = ['/confirm', '/change', '/cancel'];

/** Buttons of this turn that neither the open question nor an open card has already. */
function offers(turn: Reply[], ask: Ask | null): Button[] {
  const asked = new Set(ask?.options?.map((option) => option.payload));
  const buttons = turn.flatMap(({ buttons: offered, proposal, card }) =>
    (offered ?? []).filter((button) => !(proposal && ON_CARDS.includes(button.payload))
      && !(card?.order && hasButton(card.order, button))
      && !card?.orders?.some(({ number }) => number === button.title)));
  return buttons.filter((button, index) => !asked.has(button.payload)
    && buttons.findIndex((other) => other.payload === button.payload) === index);
}

function drawOffers(buttons: Button[], context: TalkContext): Drawn {
  if (!buttons.length) return nothing;
  return html`<div class="offers" role="group" aria-label=${words.suggestions}>${buttons.map((button) => html`
    <button type="button" class="option" @click=${() => context.say(button)}>${button.title}</button>`)}</div>`;
}

function drawQuestion(ask: Ask, context: TalkContext): TemplateResult {
  const { view, session } = context;
  return html`<div class="question" role="group" aria-label=${words.question}>
    ${drawControl(ask, {
      // Without one in the profile the assistant asks for it, and nothing may be said here.
      zone: session.person?.time_zone ?? null,
      uploading: Boolean(view.upload && !view.upload.problem),
      answer: (event) => context.say((event as CustomEvent<Said>).detail),
      file: (event) => context.upload((event as CustomEvent<File>).detail),
    })}
    ${ask.required ? nothing : html`<div class="skip"><button type="button" class="plain"
      @click=${() => context.say({ text: 'skip' })}>${words.skip}</button></div>`}
  </div>`;
}
