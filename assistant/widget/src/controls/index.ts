/** The elements that answer questions. Their names are the widget's own and not for host pages. */

import { html, nothing, type TemplateResult } from 'lit';

import type { Ask } from '../types.ts';
import { ChoiceControl } from './choice.ts';
import { ChoicesControl } from './choices.ts';
import { ConfirmControl, EmailControl, FileControl, NumberControl } from './entry.ts';
import { WhenControl } from './when.ts';

const ELEMENTS = {
  'ask-licensing-choice': ChoiceControl,
  'ask-licensing-choices': ChoicesControl,
  'ask-licensing-when': WhenControl,
  'ask-licensing-number': NumberControl,
  'ask-licensing-email': EmailControl,
  'ask-licensing-confirm': ConfirmControl,
  'ask-licensing-file': FileControl,
} as const;

export function defineControls(): void {
  for (const [name, element] of Object.entries(ELEMENTS)) {
    if (!customElements.get(name)) customElements.define(name, element);
  }
}

export interface ControlContext {
  zone: string | null;
  uploading: boolean;
  answer(event: Event): void;
  file(event: Event): void;
}

/** The control for a question; nothing where typing is all there is (`text`, or a kind unknown here). */
export function drawControl(ask: Ask, context: ControlContext): TemplateResult | typeof nothing {
  const { answer } = context;
  switch (ask.kind) {
    case 'choice':
      return ask.options?.length
        ? html`<ask-licensing-choice .ask=${ask} @answer=${answer}></ask-licensing-choice>` : nothing;
    case 'choices':
      return html`<ask-licensing-choices .ask=${ask} @answer=${answer}></ask-licensing-choices>`;
    case 'date':
    case 'datetime':
      return html`<ask-licensing-when .ask=${ask} .zone=${context.zone} @answer=${answer}></ask-licensing-when>`;
    case 'number':
      return html`<ask-licensing-number .ask=${ask} @answer=${answer}></ask-licensing-number>`;
    case 'email':
      return html`<ask-licensing-email .ask=${ask} @answer=${answer}></ask-licensing-email>`;
    case 'confirm':
      return html`<ask-licensing-confirm .ask=${ask} @answer=${answer}></ask-licensing-confirm>`;
    case 'file':
      return html`<ask-licensing-file .ask=${ask} .busy=${context.uploading} @file=${context.file}></ask-licensing-file>`;
    default:
      // A question for text that offers something all the same: the offers are worth a press.
      return ask.options?.length
        ? html`<ask-licensing-choice .ask=${ask} @answer=${answer}></ask-licensing-choice>` : nothing;
  }
}
