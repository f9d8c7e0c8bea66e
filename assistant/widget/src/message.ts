/** Draws one message, whoever wrote it. */

import { html, nothing, type TemplateResult } from 'lit';

import { drawCard, drawSources } from './cards.ts';
import type { Decision } from './decisions.ts';
import { icons } from './icons.ts';
import { proseOf } from './prose.ts';
import type { Session } from './session.ts';
import { type Outgoing, type Said, shownText } from './transcript.ts';
import type { Opinion, Reply } from './types.ts';
import { readable } from './when.ts';
import { words } from './words.ts';

export interface MessageContext {
  session: Session;
  base: string;
  /** The message is the first after another speaker; the last before one; the last of all. */
  first: boolean;
  last: boolean;
  reply(message: Reply): void;
  change(): void;
  press(said: Said): void;
}

// Other answers (forms, notices) come from the assistant itself, which needs no mention.
const ENGINES: ReadonlySet<string> = new Set(['rasa', 'agent']);

type Drawn = TemplateResult | typeof nothing;

export function authorName(message: Reply): string {
  return message.author || words.support;
}

function speaker(message: Reply): string {
  if (message.role === 'user') return words.you;
  if (message.role === 'person') return authorName(message);
  return message.role === 'bot' ? words.assistant : '';
}

function clock(iso: string): TemplateResult {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return html``;
  return html`<time datetime=${iso} title=${time.toLocaleString()}>${
    time.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })}</time>`;
}

function drawWho(message: Reply): Drawn {
  if (message.role === 'user' || message.role === 'system') return nothing;
  const tag = message.case ? html`<span class="tag">${words.onCase(message.case.number)}</span>` : nothing;
  return html`<div class="who">${message.role === 'person' ? icons.person : nothing}
    <span>${speaker(message)}</span>${tag}</div>`;
}

function drawMeta(message: Reply, context: MessageContext): Drawn {
  if (message.role === 'system' || !context.last) return nothing;
  const { session } = context;
  const isBot = message.role === 'bot';
  return html`<div class="meta">${clock(message.at)}
    ${isBot && ENGINES.has(message.engine ?? '') ? html`<span title=${words.answeredBy}>${message.engine}</span>` : nothing}
    ${isBot ? html`<ask-licensing-rating .given=${message.feedback ?? null}
      .opine=${(opinion: Opinion | null) => session.opine(message.id, opinion)}></ask-licensing-rating>` : nothing}
    ${message.role === 'person' ? html`<button type="button" class="text-button"
      @click=${() => context.reply(message)}>${icons.reply}${words.reply}</button>` : nothing}
  </div>`;
}

/** The question how it went; asked once, and answered for the whole conversation. */
function drawStars(message: Reply, { session }: MessageContext): TemplateResult {
  return html`<ask-licensing-stars .question=${message.card?.title ?? ''} .given=${session.conversation?.feedback ?? null}
    .opine=${(opinion: Opinion | null) => session.opine(null, opinion)}></ask-licensing-stars>`;
}

function drawProposal(message: Reply, context: MessageContext): Drawn {
  const { proposal } = message;
  if (!proposal) return nothing;
  const { session } = context;
  return html`<ask-licensing-proposal class="full" .proposal=${proposal}
    .working=${session.decisions.underWay.has(proposal.id)}
    .refusal=${session.decisions.refusals.get(proposal.id) ?? null}
    .receipt=${session.receipts.get(proposal.id) ?? null}
    .clockOffset=${session.clockOffset}
    @decide=${(event: CustomEvent<Decision>) => session.decide(proposal.id, event.detail)}
    @change=${() => context.change()}
    @lapsed=${() => session.recheckOpenCard()}></ask-licensing-proposal>`;
}

export function drawMessage(message: Reply, context: MessageContext): TemplateResult {
  const isUser = message.role === 'user';
  // A proposal's card may come as `card` too: one is enough.
  const card = message.card && message.card.kind !== 'proposal' ? message.card : null;
  const text = message.text.trim();
  const bubble = text || message.sources?.length;
  return html`<li class="message ${message.role} ${context.first ? 'first' : ''}" data-id=${message.id}>
    ${context.first ? drawWho(message) : nothing}
    ${isUser ? html`<span class="sr-only">${words.you}: </span>` : nothing}
    ${bubble ? html`<div class="bubble">${isUser ? readable(text) : proseOf(message)}${
      isUser ? nothing : drawSources(message.sources, context.base)}</div>` : nothing}
    ${card?.kind === 'rating' ? drawStars(message, context) : card ? drawCard(card, { base: context.base, busy: context.session.turnSince !== null, press: context.press,
      offers: message.buttons ?? [], downloads: context.session.downloads }) : nothing}
    ${drawProposal(message, context)}
    ${drawMeta(message, context)}
  </li>`;
}

/** Something of the person's own that is on its way, or could not be sent. */
export function drawOutgoing(out: Outgoing, session: Session): TemplateResult {
  const failed = out.state === 'failed';
  const problem = out.problem;
  const why = problem?.status ? problem.sentences : words.unexpected;
  return html`<li class="message user first ${failed ? 'failed' : ''}">
    <span class="sr-only">${words.you}: </span>
    <div class="bubble">${readable(shownText(out.said))}</div>
    ${failed ? html`<div class="unsent" role="alert"><span>${words.notSent} ${why}</span>
      <span class="row">
        <button type="button" class="text-button" @click=${() => session.retry(out.id)}>${icons.retry}${words.tryAgain}</button>
        <button type="button" class="text-button" @click=${() => session.discard(out.id)}>${words.discard}</button>
      </span></div>`
      : html`<div class="meta">${out.state === 'waiting' ? words.waitingToSend : clock(out.at)}</div>`}
  </li>`;
}

/** The day of a message where it differs from the one before it. */
export function dayWords(message: Reply, before: Reply | undefined): string | null {
  const at = new Date(message.at);
  if (Number.isNaN(at.getTime())) return null;
  const isSame = (other: Date): boolean => at.toDateString() === other.toDateString();
  if (before && isSame(new Date(before.at))) return null;
  const now = new Date();
  if (isSame(now)) return before ? words.today : null;
  now.setDate(now.getDate() - 1);
  if (isSame(now)) return words.yesterday;
  return at.toLocaleDateString(undefined, { weekday: 'short', day: 'numeric', month: 'short' });
}
