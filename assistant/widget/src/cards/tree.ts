import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { drawSearch } from '../controls/longlist.ts';
import { type Branch, grow, onTheWay, walk } from '../forest.ts';
import { icons } from '../icons.ts';
import { matching } from '../listed.ts';
import { base } from '../styles/base.ts';
import { controls } from '../styles/controls.ts';
import { tree } from '../styles/tree.ts';
import type { TreeItem } from '../types.ts';
import { words } from '../words.ts';

type Node = Branch<TreeItem>;

// More than one looks through: then there is a field that searches.
const MANY_NODES = 12;
// More than fit on a screen: then only the first level is open to begin with.
const OPEN_NODES = 40;
// Deeper ones are indented like this: names need the room.
const DEEPEST = 6;
const RESTRICTED = 'restricted';

/** Virtual accounts as a tree (the pattern of WAI-ARIA): arrows walk, open and close it. */
export class TreeCard extends LitElement {
  static override styles = [base, controls, tree];
  static override properties = {
    items: { attribute: false }, label: { attribute: false }, query: { state: true },
    closed: { state: true }, active: { state: true },
  };

  declare items: TreeItem[];
  /** What the tree is of. */
  declare label: string;
  declare query: string;
  declare closed: ReadonlySet<string>;
  /** The branch that Tab reaches. */
  declare active: string;
  #roots: Node[] = [];
  #typed = '';
  #typedAt = 0;

  constructor() {
    super();
    this.items = [];
    this.label = words.treeCard;
    this.query = '';
    this.closed = new Set();
    this.active = '';
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('items')) return;
    this.#roots = grow(this.items);
    const all = walk(this.#roots);
    this.closed = all.length > OPEN_NODES ? new Set(parents(all).map(({ key }) => key)) : new Set();
  }

  /** What is shown: everything that isn't closed away, or what was searched for and the way there. */
  get #shown(): Node[] {
    if (!this.query.trim()) return walk(this.#roots, this.closed);
    const all = walk(this.#roots);
    const way = onTheWay(matching(all, this.query, ({ item }) => `${item.name} ${item.note ?? ''}`));
    return all.filter(({ key }) => way.has(key));
  }

  #isOpen(node: Node): boolean {
    return Boolean(this.query.trim()) || !this.closed.has(node.key);
  }

  #set(nodes: readonly Node[], open: boolean): void {
    const closed = new Set(this.closed);
    for (const { key } of nodes) {
      if (open) closed.delete(key);
      else closed.add(key);
    }
    this.closed = closed;
  }

  #goTo(node: Node | null | undefined): void {
    if (!node) return;
    this.active = node.key;
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>(`[data-key="${CSS.escape(node.key)}"]`)?.focus());
  }

  #key(event: KeyboardEvent, node: Node): void {
    const shown = this.#shown;
    const at = shown.indexOf(node);
    const open = node.children.length > 0 && this.#isOpen(node);
    const acts: Record<string, () => void> = {
      ArrowDown: () => this.#goTo(shown[at + 1]),
      ArrowUp: () => this.#goTo(shown[at - 1]),
      Home: () => this.#goTo(shown[0]),
      End: () => this.#goTo(shown.at(-1)),
      ArrowRight: () => (open ? this.#goTo(shown[at + 1]) : this.#set(parents([node]), true)),
      ArrowLeft: () => (open && !this.query ? this.#set([node], false) : this.#goTo(node.parent)),
      Enter: () => this.#set(parents([node]), !open),
      ' ': () => this.#set(parents([node]), !open),
      '*': () => this.#set(parents(node.parent?.children ?? this.#roots), true),
    };
    const act = acts[event.key];
    const letter = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!act && !letter) return;
    event.preventDefault();
    event.stopPropagation();
    if (act) this.#typed = '';
    if (act) act();
    else this.#jump(event.key, shown, at);
  }

  /** Letters go to the next name that begins with them. */
  #jump(letter: string, shown: Node[], at: number): void {
    const now = Date.now();
    this.#typed = now - this.#typedAt > 700 ? letter : this.#typed + letter;
    this.#typedAt = now;
    const from = this.#typed.length > 1 ? at : at + 1;
    const order = [...shown.slice(from), ...shown.slice(0, from)];
    this.#goTo(order.find(({ item }) => item.name.toLowerCase().startsWith(this.#typed.toLowerCase())));
  }

  /** One line. Branches stand beside each other and say their level: so a name is only its own. */
  #drawNode(node: Node, shown: ReadonlySet<Node>, reached: Node | undefined): TemplateResult {
    const { item, level } = node;
    const siblings = (node.parent?.children ?? this.#roots).filter((one) => shown.has(one));
    const nested = node.children.length;
    const open = node.children.some((child) => shown.has(child));
    return html`<li role="treeitem" data-key=${node.key} data-level=${Math.min(level, DEEPEST)} aria-level=${level}
        aria-setsize=${siblings.length} aria-posinset=${siblings.indexOf(node) + 1}
        aria-expanded=${nested ? String(open) : nothing} tabindex=${node === reached ? '0' : '-1'}
        @keydown=${(event: KeyboardEvent) => this.#key(event, node)} @click=${() => this.#press(node)}
        @focus=${() => { this.active = node.key; }}>
      <span class="twig">${nested ? icons.down : nothing}</span>
      <span class="name">${item.name}${drawWhere(node)}${item.note ? html`<span class="hint">${item.note}</span>` : nothing}</span>
      ${item.is_default ? html`<span class="pill live">${words.isDefault}</span>` : nothing}
      ${item.access_level === RESTRICTED ? html`<span class="pill warn">${icons.lock}${words.restricted}</span>` : nothing}
      ${nested && !open ? html`<span class="pill">${words.nested(nested)}</span>` : nothing}
    </li>`;
  }

  #press(node: Node): void {
    if (node.children.length && !this.query) this.#set([node], !this.#isOpen(node));
    this.#goTo(node);
  }

  override render(): TemplateResult {
    const shown = this.#shown;
    const inView = new Set(shown);
    const reached = shown.find(({ key }) => key === this.active) ?? shown[0];
    const all = walk(this.#roots);
    const openable = parents(all);
    const anyClosed = openable.some(({ key }) => this.closed.has(key));
    return html`
      ${all.length > MANY_NODES ? html`<div class="filter">${drawSearch({
        query: this.query, label: words.searchTree, entered: () => this.#goTo(shown[0]),
        changed: (query) => { this.query = query; },
      }, this.renderRoot)}</div>` : nothing}
      ${shown.length ? html`<ul role="tree" aria-label=${this.label}>${repeat(shown, ({ key }) => key,
        (node) => this.#drawNode(node, inView, reached))}</ul>`
        : html`<p class="none">${all.length ? words.noRowMatches : words.noVirtualAccounts}</p>`}
      <div class="foot"><span class="hint" role="status">${this.query ? words.found(shown.length, all.length)
        : words.virtualAccounts(all.length)}</span>
        ${openable.length && !this.query ? html`<button type="button" class="text-button"
          @click=${() => this.#set(openable, anyClosed)}>${anyClosed ? words.openAll : words.closeAll}</button>` : nothing}</div>`;
  }
}

function parents(nodes: readonly Node[]): Node[] {
  return nodes.filter((node) => node.children.length);
}

/** Where a virtual account hangs whose parent isn't in the list. */
function drawWhere({ item, parent }: Node): TemplateResult | typeof nothing {
  if (!item.parent || parent) return nothing;
  const parts = Array.isArray(item.path) ? item.path : (item.path ?? '').split(/\s*[/›>]\s*/);
  const above = parts.at(-1) === item.name ? parts.slice(0, -1) : parts;
  return html`<span class="hint">${words.nestedIn(above.filter(Boolean).join(' › ') || item.parent)}</span>`;
}
