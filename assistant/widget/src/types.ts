/** The shapes the conversation API answers with. Unknown extra fields are ignored. */

export type Role = 'user' | 'bot' | 'person' | 'system';
export type Portal = 'clc' | 'cssm' | 'scm';

export interface Button {
  title: string;
  payload: string;
}

export interface Option {
  value: string;
  title: string;
  payload?: string | null;
}

export type AskKind =
  | 'text' | 'choice' | 'choices' | 'date' | 'datetime' | 'email' | 'number' | 'file' | 'confirm';

/** What the assistant wants to know next; the widget draws the matching control. */
export interface Ask {
  slot: string;
  kind: AskKind;
  required: boolean;
  options?: Option[] | null;
  /** Bounds: of a number itself, of a date as ISO text, of a list its length. */
  min?: number | string | null;
  max?: number | string | null;
  /** Endings of the files that are wanted, like `.csv`; any that may be sent when it is absent. */
  accept?: string[] | null;
}

export interface Line {
  label: string;
  value: unknown;
}

export interface LinkItem {
  title: string;
  url: string;
  kind?: string;
  detail?: string | null;
  action?: string | null;
}

export interface CaseItem {
  number: string;
  title: string;
  status: string;
  updated_at?: string | null;
}

/** A virtual account as a tree shows it. `path` says where it hangs when its parent isn't shown. */
export interface TreeItem {
  name: string;
  id?: string | null;
  path?: string | string[] | null;
  parent?: string | null;
  access_level?: string | null;
  is_default?: boolean | null;
  note?: string | null;
}

export interface Mailbox {
  name?: string | null;
  email: string;
}

export interface DirectoryItem {
  name: string;
  domain: string;
  id?: string | number | null;
  type?: string | null;
  status?: string | null;
  relation?: string | null;
  roles?: string[] | null;
  administrators?: Mailbox[] | null;
  buttons?: Button[] | null;
}

export interface RequestItem {
  id: string;
  smart_account?: string | { name?: string | null; domain?: string | null } | null;
  requester: Mailbox;
  scope?: string | null;
  role?: string | null;
  virtual_accounts?: string[] | null;
  status: string;
  created_at?: string | null;
  justification?: string | null;
  buttons?: Button[] | null;
}

export interface Column {
  key: string;
  label: string;
}

/** Rows of cells by the keys of the columns; `total` when there are more than were sent. */
export interface Table {
  title?: string | null;
  columns: Column[];
  rows: Record<string, unknown>[];
  total?: number | null;
}

export interface OrderDelay {
  code: string;
  title: string;
  severity?: string | null;
  since: string;
  age_days: number;
  /** Who has to act, in words. */
  who?: string | null;
  next_step?: string | null;
  /** The operation that helps the person. */
  operation?: string | null;
  /** Where it is done, if not here: an address, or a portal's name. */
  link?: string | null;
  lines?: number[] | null;
}

/** A step of an order's way; `at` is null for what is still to come. */
export interface TimelineStep {
  step: string;
  title: string;
  at?: string | null;
  done: boolean;
}

/** All null for somebody who may only know that there is one. */
export interface Assignment {
  smart_account: string | null;
  name?: string | null;
  virtual_account?: string | null;
}

export interface OrderLine {
  number: number;
  sku: string;
  product: string;
  quantity: number;
  provisioning?: string | null;
  provisioning_contact?: string | null;
  assignment?: Assignment | null;
  delivered_at?: string | null;
}

/** An order as the API answers it; a row of a list has only the first fields. */
export interface Order {
  number: string;
  web_order_number?: string | null;
  end_customer?: string | null;
  status?: string | null;
  assignment_status?: string | null;
  assignment?: Assignment | null;
  placed_at?: string | null;
  closed_without_provisioning?: boolean | null;
  delays?: OrderDelay[] | null;
  customer_order_number?: string | null;
  fulfillment_contact?: Mailbox | null;
  partner?: { name: string; domain?: string | null } | null;
  lines?: OrderLine[] | null;
  visible_because?: { way: string; text: string }[] | null;
  timeline?: TimelineStep[] | null;
  following?: boolean | null;
  /** The operations that this order lets the person do now. */
  you_may?: string[] | null;
}

export interface OrderSummary {
  total: number;
  unassigned: number;
  delayed: number;
  by_status?: Record<string, number> | null;
  by_assignment?: Record<string, number> | null;
}

/** A file that is being made. */
export interface OrderExport {
  id: string;
  status: string;
  format?: string | null;
  done?: number | null;
  total?: number | null;
  /** Bytes, once it is ready. */
  size?: number | null;
  problem?: string | null;
  expires_at?: string | null;
}

/** A card of any kind; fields a kind doesn't use are absent. */
export interface Card {
  kind: string;
  title?: string | null;
  reference?: string | null;
  number?: string | null;
  status?: string | null;
  lines?: Line[] | null;
  items?: (LinkItem | CaseItem | TreeItem | DirectoryItem | RequestItem)[] | null;
  columns?: Column[] | null;
  rows?: Record<string, unknown>[] | null;
  total?: number | null;
  /** What became of each row of a bulk job, beside its receipt. */
  table?: Table | null;
  order?: Order | null;
  orders?: Order[] | null;
  /** There are other orders than those of the list. */
  goes_on?: boolean | null;
  summary?: OrderSummary | null;
  export?: OrderExport | null;
}

export type ProposalStatus =
  | 'open' | 'executed' | 'superseded' | 'cancelled' | 'expired' | 'failed';

/** What would be done. `checks` passed, `warnings` don't stand in the way but should be read. */
export interface Preview {
  title: string;
  lines?: Line[] | null;
  note?: string | null;
  confirm?: string | null;
  table?: Table | null;
  checks?: string[] | null;
  warnings?: string[] | null;
  /** What the person accepts by confirming. */
  terms?: string | null;
}

export interface Proposal {
  id: string;
  operation: string;
  preview: Preview;
  status: ProposalStatus;
  expires_at: string;
}

export interface Receipt {
  title: string;
  reference?: string | null;
  lines?: Line[] | null;
  table?: Table | null;
  export?: OrderExport | null;
}

export interface Source {
  title: string;
  url?: string | null;
}

export interface CaseTag {
  number: string;
  title?: string | null;
  status?: string | null;
}

/** What the person thinks of an answer, or of the whole conversation. */
export interface Opinion {
  thumb?: 'up' | 'down' | null;
  rating?: number | null;
  reasons?: string[] | null;
  comment?: string | null;
}

/** One message of a conversation, whoever wrote it. `text` is Markdown unless a user wrote it. */
export interface Reply {
  id: string;
  role: Role;
  engine?: string | null;
  text: string;
  buttons?: Button[] | null;
  ask?: Ask | null;
  card?: Card | null;
  proposal?: Proposal | null;
  sources?: Source[] | null;
  case?: CaseTag | null;
  at: string;
  /** Name of the support agent who wrote it. */
  author?: string | null;
  /** The id under which a person's own message was sent. */
  client_message_id?: string | null;
  /** What the person said of it. */
  feedback?: Opinion | null;
}

export interface Conversation {
  id: string;
  portal: string;
  engine?: string | null;
  status: string;
  /** Beginning of the newest message. */
  last?: string | null;
  /** What the person said of the whole. */
  feedback?: Opinion | null;
  created_at?: string | null;
  updated_at?: string | null;
}

export interface Person {
  email: string;
  name: string;
  organization?: string | null;
  kind?: string;
  time_zone?: string | null;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}
