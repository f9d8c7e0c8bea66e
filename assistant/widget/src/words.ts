/** Every word of the widget's own; the assistant's words come from the server. */

export const words = {
  heading: 'Licensing assistant',
  launcher: 'Ask about licensing',
  launcherUnread: (count: number) => `${count} new ${count === 1 ? 'message' : 'messages'}`,
  close: 'Close the chat',
  startOver: 'Start a new conversation',
  past: 'Past conversations',
  back: 'Back to the conversation',
  transcript: 'Conversation',
  you: 'You',
  assistant: 'Assistant',
  support: 'Support',
  composer: 'Your message',
  placeholder: 'Type your message…',
  placeholderAsk: 'Or type your answer…',
  send: 'Send',
  tooLong: (over: number) => `${over} ${over === 1 ? 'character' : 'characters'} too many. Shorten it or send it in two messages.`,
  left: (count: number) => `${count} characters left`,
  thinking: 'The assistant is working on it',
  slow: 'This is taking longer than usual. Your message is safe.',
  offline: 'You are offline. Reconnecting…',
  offlineServer: 'The assistant can’t be reached. Reconnecting…',
  tryingAgain: 'Trying again…',
  starting: 'Connecting…',
  signedOutTitle: 'Please sign in again',
  signedOut: 'Your session has ended, or you haven’t signed in yet. Once you have, your conversation goes on from here.',
  tryAgain: 'Try again',
  discard: 'Remove',
  notSent: 'Not sent.',
  waitingToSend: 'Waiting to send',
  unreachable: {
    title: 'The assistant can’t be reached',
    detail: 'Try again in a moment. It will not be done twice.',
  },
  unexpected: 'Something went wrong on our side. Try again in a moment.',
  newBelow: 'New messages',
  suggestions: 'Suggestions',
  question: 'Answer',
  skip: 'Skip',
  yes: 'Yes',
  no: 'No',
  search: 'Search the list',
  nothingFound: 'Nothing in the list matches. You can also type your answer below.',
  noneMatches: 'Nothing in the list matches.',
  shown: (count: number, all: number) => (count < all ? `${count} of ${all}` : `${all} to choose from`),
  enterChooses: (title: string) => `Press Enter to choose ${title}.`,
  listKeys: 'Arrow keys move in the list, letters search it.',
  listKeysTick: 'Arrow keys move in the list, Space ticks, letters search.',
  selectAll: 'Select all',
  selectShown: (count: number) => `Select these ${count}`,
  clearAll: 'Select none',
  clearShown: 'Untick these',
  onlyChosen: 'Show only chosen',
  chosen: (count: number, most: number | null) => (most ? `${count} of ${most} chosen` : `${count} chosen`),
  full: 'That is the most; untick one to choose another',
  refusedMore: (count: number, most: number) => `${most} is the most, so ${count === 1 ? 'one was' : `${count} were`} left out`,
  tooManyToSend: 'That is too much for one message; choose fewer',
  addNamed: (name: string) => `Add “${name}”`,
  addAnother: 'Add something else',
  add: 'Add',
  removeItem: (item: string) => `Remove ${item}`,
  useThese: 'Use these',
  useThis: 'Use this',
  date: 'Date',
  from: 'From',
  to: 'To',
  window: (number: number) => `Window ${number}`,
  addWindow: 'Add another window',
  removeWindow: (number: number) => `Remove window ${number}`,
  zone: (zone: string) => `Times are in your time zone, ${zone}.`,
  windowIncomplete: 'Give a date and a start time for each window.',
  windowBackwards: 'A window must end after it starts.',
  fewer: 'One less',
  more: 'One more',
  number: 'Number',
  between: (least: string, most: string) => `From ${least} to ${most}`,
  atLeast: (least: string) => `At least ${least}`,
  atMost: (most: string) => `At most ${most}`,
  email: 'E-mail address',
  emailWrong: 'That doesn’t look like an e-mail address. Example: name@company.example',
  dropFile: 'Drop a file here, or choose one',
  dropOneOf: (kinds: string) => `Drop a file here, or choose one: ${kinds}`,
  dropHere: 'Drop it to send it',
  attach: 'Attach a file',
  fileKinds: (most: string) => `PDF, PNG, JPEG, ZIP, CSV or text, ${most} at most`,
  oneFile: 'Send one file at a time, or put several into a ZIP.',
  emptyFile: (name: string) => `${name} is empty, so there is nothing to send.`,
  largeFile: (name: string, size: string, most: string) => `${name} has ${size}; it may have ${most} at most. Send a part of it, or a link.`,
  wrongFile: (name: string) => `${name} can’t be sent. PDF, PNG, JPEG, ZIP, CSV and text can.`,
  otherFile: (name: string, kinds: string) => `${name} is of another kind. Choose a file that ends in ${kinds}.`,
  spreadsheet: (name: string) => `${name} is a spreadsheet. Save it as CSV there, and send that file.`,
  uploading: (name: string) => `Sending ${name}`,
  sentShare: (share: number) => `${Math.round(share * 100)} %`,
  stopUpload: (name: string) => `Stop sending ${name}`,
  uploadFailed: 'The file did not arrive.',
  wider: 'Make the chat wider',
  narrower: 'Make the chat narrower',
  confirm: 'Confirm',
  change: 'Change',
  cancel: 'Cancel',
  working: 'Working on it…',
  expiresIn: (left: string) => `Expires in ${left}`,
  proposalStatus: {
    open: 'Waiting for your confirmation',
    executed: 'Confirmed',
    superseded: 'Replaced by a newer version below',
    cancelled: 'Cancelled',
    expired: 'Expired. Ask again to get a new one.',
    failed: 'Could not be done',
  },
  proposal: 'Please check before anything is done',
  receipt: 'Done',
  copy: (reference: string) => `Copy ${reference}`,
  copied: 'Copied',
  caseCard: 'Case',
  casesCard: 'Your cases',
  noCases: 'No cases.',
  updated: 'Updated',
  table: 'Table',
  rows: (shown: number, here: number, all: number) => {
    if (shown < here) return `${shown} of ${here} rows match`;
    if (all > here) return `The first ${here} of ${all.toLocaleString()} rows`;
    return `${here} ${here === 1 ? 'row' : 'rows'}`;
  },
  noRows: 'There is nothing in it.',
  noRowMatches: 'Nothing matches.',
  filterRows: 'Filter the rows',
  moreRows: (count: number) => `Show ${count} more`,
  copyRows: 'Copy',
  copiedRows: (count: number) => `${count} ${count === 1 ? 'row' : 'rows'} copied`,
  notCopied: 'This browser doesn’t let the page copy. Download the file instead.',
  downloadCsv: 'Download CSV',
  savedAs: (name: string) => `Saved as ${name}`,
  showAll: (count: number) => `Show all ${count}`,
  andMore: (count: number) => `and ${count} more`,
  found: (count: number, all: number) => `${count} of ${all} found`,
  treeCard: 'Virtual accounts',
  searchTree: 'Search the virtual accounts',
  noVirtualAccounts: 'No virtual accounts.',
  virtualAccounts: (count: number) => `${count} virtual ${count === 1 ? 'account' : 'accounts'}`,
  isDefault: 'Default',
  restricted: 'Restricted',
  nested: (count: number) => `${count} nested`,
  nestedIn: (path: string) => `in ${path}`,
  openAll: 'Open all',
  closeAll: 'Close all',
  directoryCard: 'Smart Accounts',
  searchAccounts: 'Search by name, domain or person',
  noAccounts: 'No Smart Accounts.',
  accountsCount: (count: number) => `${count} Smart ${count === 1 ? 'Account' : 'Accounts'}`,
  yourRole: 'Your role',
  administrators: 'Administrators',
  administratorsOf: (name: string) => `administrators of ${name}`,
  requestsCard: 'Access requests',
  searchRequests: 'Search by person, role or account',
  noRequests: 'No access requests.',
  requestsCount: (count: number) => `${count} access ${count === 1 ? 'request' : 'requests'}`,
  requestOf: (name: string) => `request of ${name}`,
  askedOn: (day: string) => `asked on ${day}`,
  wants: 'Wants',
  access: 'Access',
  inWholeAccount: (role: string) => `${role}, for the whole account`,
  inPlaces: (count: number) => (count === 1 ? 'Where' : `Where (${count})`),
  because: 'Because',
  checks: 'Checked',
  warnings: 'Before you confirm',
  warning: 'Note',
  sources: 'Sources',
  opensNewTab: '(opens in a new tab)',
  onCase: (number: string) => `Case ${number}`,
  reply: 'Reply',
  replying: (to: string) => `Replying to ${to}`,
  stopReplying: 'Stop replying',
  answeredBy: 'Answered by this engine',
  helpful: 'This helped',
  unhelpful: 'This did not help',
  whatWasMissing: 'What was missing?',
  optional: 'Optional',
  sendComment: 'Send',
  thanks: 'Thank you. That helps us to get better.',
  ratingFailed: 'Your rating could not be saved.',
  noPast: 'No conversations yet.',
  current: 'Current',
  conversationOn: (portal: string) => `Conversation on ${portal}`,
  closed: 'This conversation is closed.',
  waitingForPerson: 'You are in the queue for a person. You can go on writing.',
  withPerson: 'You are talking to a person.',
  today: 'Today',
  yesterday: 'Yesterday',
} as const;

const STATUS: Record<string, string> = {
  new: 'New',
  acknowledged: 'Acknowledged',
  in_progress: 'In progress',
  customer_pending: 'Waiting for you',
  closed: 'Closed',
  cancelled: 'Cancelled',
  bot: 'With the assistant',
  waiting: 'Waiting for a person',
  person: 'With a person',
  partially_approved: 'Approved in part',
  pending_acceptance: 'Waiting to be accepted',
  pending_approval: 'Waiting for approval',
  pending_domain_approval: 'Waiting for the domain’s administrators',
};

function tidy(code: string): string {
  const told = code.replaceAll('_', ' ');
  return told.charAt(0).toUpperCase() + told.slice(1);
}

/** A status in words; one we don't know, tidied up. */
export function statusWords(status: string): string {
  return STATUS[status] ?? tidy(status);
}

const OUTCOMES: Record<string, string> = {
  added: 'Added', changed: 'Changed', skipped: 'Skipped', failed: 'Not done',
};

/** What became of a row of a bulk job; null for anything else. */
export function outcomeWords(status: string): string | null {
  return OUTCOMES[status] ?? null;
}

const ROLES: Record<string, string> = {
  sa_admin: 'SA Administrator',
  sa_approver: 'SA Approver',
  sa_user: 'SA User',
  sa_viewer: 'SA Viewer',
  va_admin: 'VA Administrator',
  va_user: 'VA User',
  va_viewer: 'VA Viewer',
};

/** A role in words; words of the server's own as they are. */
export function roleWords(role: string): string {
  return ROLES[role] ?? role;
}

const RELATIONS: Record<string, string> = {
  access: 'You have access',
  requested: 'You asked for access',
  created: 'You asked to have it created',
  domain: 'Of your e-mail domain',
};

/** What a Smart Account has to do with the person. */
export function relationWords(relation: string): string {
  return RELATIONS[relation] ?? tidy(relation);
}

const TYPES: Record<string, string> = { customer: 'Customer', holding: 'Partner Holding', smb: 'Customer, SMB' };

/** The type of a Smart Account. */
export function typeWords(type: string): string {
  return TYPES[type.toLowerCase()] ?? tidy(type);
}
