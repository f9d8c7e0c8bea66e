import { LitElement } from 'lit';

import { base } from '../styles/base.ts';
import { controls } from '../styles/controls.ts';
import type { Said } from '../transcript.ts';
import type { Ask, Option } from '../types.ts';

/** What a control fires when the person has answered; its detail is what to send. */
export const ANSWER = 'answer';

/** A way to answer one question without typing. Whatever it does can be typed as well. */
export abstract class Control extends LitElement {
  static override styles = [base, controls];
  static override properties = { ask: { attribute: false } };

  declare ask: Ask;

  protected answer(said: Said): void {
    this.dispatchEvent(new CustomEvent<Said>(ANSWER, { detail: said }));
  }

  protected choose(option: Option): void {
    this.answer(option.payload
      ? { payload: option.payload, title: option.title }
      : { text: option.title || option.value });
  }

  get options(): Option[] {
    return this.ask.options ?? [];
  }
}

const IDENTIFIER = /^[0-9a-f]{16,}$/i;

/** What an option is found by: its title, and a value that people know. */
export function textOf({ title, value }: Option): string {
  return IDENTIFIER.test(value) ? title : `${title} ${value}`;
}

/** A bound of a number or a list, when it is one. */
export function bound(value: number | string | null | undefined): number | null {
  const number = typeof value === 'string' && value.trim() ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}
