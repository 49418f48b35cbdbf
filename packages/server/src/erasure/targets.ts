/**
 * What becomes of each table when a person is erased. Every table with text or JSON in it stands here, or a test fails: a new one says
 * either that nothing in it can be personal, or which columns are searched for the person and scrubbed, or how else it forgets.
 */
export type Target =
  /** Nothing of a customer can be in it. */
  | { never: string }
  /** Rows that speak of the person are found by their ids and by what they were known by, and rewritten: JSON by structure, text by word. */
  | { scrub: readonly string[]; why: string }
  /** Forgets in a way of its own. */
  | { how: string }

export const ERASURE_TARGETS: Readonly<Record<string, Target>> = {
  workspaces: { never: 'names of the workspace itself' },
  members: { never: 'people of the workspace, who are no customers' },
  users: { never: 'people who sign in, who are no customers' },
  userSessions: { never: 'of people who sign in' },
  accounts: { never: 'of people who sign in' },
  verifications: { never: 'of people who sign in' },
  twoFactors: { never: 'of people who sign in' },
  invitations: { never: 'people who are asked to become members' },
  signInCodes: { never: 'for a minute, of members' },
  audit: { never: 'what was done about who may do what; it names customers by their ids alone' },
  keys: { never: 'credentials' },
  sessions: { never: 'credentials of pages' },
  tickets: { never: 'credentials of sockets' },
  companies: { never: 'organisations' },
  pipelines: { never: 'names of columns' },
  stages: { never: 'names of columns' },
  fields: { never: 'definitions' },
  tags: { never: 'names that many records share' },
  views: { never: 'conditions, not values of records' },
  customers: { how: 'the row is emptied by a change set of its own' },
  interactions: { how: 'those with the person are emptied by that change set; others that it took part in have its words scrubbed' },
  deals: { how: 'those of the person have its words scrubbed by that change set' },
  reminders: { how: 'those of the person have its words scrubbed by that change set' },
  files: { how: 'those that only interactions with the person carry lose their content and their name' },
  changes: { how: 'values in diffs of these records are marked as erased' },
  snapshots: { how: 'values in snapshots of these records are marked as erased' },
  changeSets: { scrub: ['reason'], why: 'a sentence that a person wrote' },
  proposedChanges: { scrub: ['change'], why: 'what a proposal would set' },
  idempotency: { scrub: ['body', 'headers'], why: 'answers that are kept for replay' },
  agents: { scrub: ['message', 'description'], why: 'what an agent says it is doing' },
  tasks: { scrub: ['payload', 'result', 'error', 'message'], why: 'what agents were told and what they found out' },
  actions: { scrub: ['subjectName', 'title', 'reason', 'dismissReason', 'outcome', 'receipt'], why: 'recommendations and their receipts name whom they are about' },
  imports: { scrub: ['name', 'mapping', 'rejects', 'error', 'settings', 'detection', 'preview'], why: 'rejected rows are told with their values' },
  importMappings: { never: 'names of columns' },
  webhooks: { never: 'addresses of other systems' },
  deliveries: { scrub: ['body', 'attempts', 'error'], why: 'what other systems were told, kept for another try' },
  duplicates: { how: 'pairs with the person are forgotten' },
  duplicateKeys: { never: 'hashes, which are made anew from what is left' },
}
