import { sql } from 'drizzle-orm'
import { type Columns, columnsOf, type Dialect } from './columns.ts'

/** Of an open reminder that has not fired since it was last put anywhere. */
export const TO_FIRE = "status = 'open' and archived_at is null and remind_at is not null and (reminded_at is null or reminded_at < remind_at)"

/**
 * Every table, once, for both databases. A tenant table's primary key is `(workspace_id, id)` and its foreign keys carry the
 * workspace too, so a link across workspaces cannot exist. Keys of the table objects are names on the wire; `xAmount` and
 * `xCurrency` together are the money `x` (see wire.ts).
 */
export const defineTables = (col: Columns) => {
  const live = sql`archived_at is null`
  /** Most records have none: an index that leaves them out costs them nothing. */
  const held = (column: string) => sql.raw(`${column} is not null`)
  const liveAndHeld = (column: string) => sql.raw(`archived_at is null and ${column} is not null`)
  const record = () => ({
    version: col.int('version').notNull(),
    createdAt: col.instant('created_at').notNull(),
    updatedAt: col.instant('updated_at').notNull(),
    archivedAt: col.instant('archived_at'),
  })
  const tenant = () => ({ workspaceId: col.text('workspace_id').notNull(), id: col.text('id').notNull() })

  const owned = () => ({ ownerId: col.text('owner_id'), tags: col.json('tags').notNull().default(sql`'[]'`) })

  const workspaces = col.table('workspaces', {
    id: col.text('id').primaryKey(),
    slug: col.text('slug').notNull(),
    name: col.text('name').notNull(),
    /** The last `seq` that was committed; the ledger's counter. */
    seq: col.bigint('seq').notNull().default(0),
    /** Goes up to revoke every embed token at once. */
    epoch: col.int('epoch').notNull().default(1),
    /** Changes up to this seq were compacted away; the feed begins after it. */
    trimmedSeq: col.bigint('trimmed_seq').notNull().default(0),
    /** How far compaction has folded changes into snapshots; at or after `trimmedSeq`. */
    foldedSeq: col.bigint('folded_seq').notNull().default(0),
    /** How far the search index has followed. Its tables are in a migration of their own, for drizzle has no word for them. */
    indexedSeq: col.bigint('indexed_seq').notNull().default(0),
    /** How far the search for duplicates has followed. */
    comparedSeq: col.bigint('compared_seq').notNull().default(0),
    /** Of reminders that name none, and of the quiet hours `{from, to, days?}`. */
    timeZone: col.text('time_zone').notNull().default('UTC'),
    quietHours: col.json('quiet_hours'),
    createdAt: col.instant('created_at').notNull(),
    updatedAt: col.instant('updated_at').notNull(),
  }, (t) => [col.uniqueIndex('workspaces_slug').on(t.slug)])

  const dated = () => ({ createdAt: col.instant('created_at').notNull(), updatedAt: col.instant('updated_at').notNull() })

  /** Identities, which better-auth keeps (identities/): people as they sign in, to whatever workspaces. Fields bear its names. */
  const users = col.table('users', {
    id: col.text('id').primaryKey(), name: col.text('name').notNull(), email: col.text('email').notNull(), emailVerified: col.bool('email_verified').notNull(), image: col.text('image'),
    twoFactorEnabled: col.bool('two_factor_enabled'), ...dated(),
  }, (t) => [col.uniqueIndex('users_email').on(t.email)])

  const userSessions = col.table('user_sessions', {
    id: col.text('id').primaryKey(), userId: col.text('user_id').notNull(), token: col.text('token').notNull(), expiresAt: col.instant('expires_at').notNull(),
    ipAddress: col.text('ip_address'), userAgent: col.text('user_agent'), ...dated(),
  }, (t) => [
    col.uniqueIndex('user_sessions_token').on(t.token), col.index('user_sessions_user').on(t.userId), col.index('user_sessions_expiry').on(t.expiresAt),
    col.foreignKey({ name: 'user_sessions_users', columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade'),
  ])

  /** How a person signs in: by a password (hashed), or at another provider. */
  const accounts = col.table('accounts', {
    id: col.text('id').primaryKey(), userId: col.text('user_id').notNull(), providerId: col.text('provider_id').notNull(), accountId: col.text('account_id').notNull(), password: col.text('password'),
    accessToken: col.text('access_token'), refreshToken: col.text('refresh_token'), idToken: col.text('id_token'), accessTokenExpiresAt: col.instant('access_token_expires_at'), refreshTokenExpiresAt: col.instant('refresh_token_expires_at'), scope: col.text('scope'), ...dated(),
  }, (t) => [
    col.uniqueIndex('accounts_provider').on(t.providerId, t.accountId), col.index('accounts_user').on(t.userId),
    col.foreignKey({ name: 'accounts_users', columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade'),
  ])

  const verifications = col.table('verifications', {
    id: col.text('id').primaryKey(), identifier: col.text('identifier').notNull(), value: col.text('value').notNull(), expiresAt: col.instant('expires_at').notNull(), ...dated(),
  }, (t) => [col.index('verifications_identifier').on(t.identifier), col.index('verifications_expiry').on(t.expiresAt)])

  const twoFactors = col.table('two_factors', {
    id: col.text('id').primaryKey(), userId: col.text('user_id').notNull(), secret: col.text('secret').notNull(), backupCodes: col.text('backup_codes').notNull(), verified: col.bool('verified'),
    failedVerificationCount: col.int('failed_verification_count'), lockedUntil: col.instant('locked_until'),
  }, (t) => [col.index('two_factors_user').on(t.userId), col.foreignKey({ name: 'two_factors_users', columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade')])

  /** Who belongs to a workspace. `userId` is who signs in as this member; null: nobody has yet. */
  const members = col.table('members', {
    ...tenant(), email: col.text('email').notNull(), name: col.text('name').notNull(), role: col.text('role').notNull(), userId: col.text('user_id'), ...record(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.id] }), col.uniqueIndex('members_email').on(t.workspaceId, t.email).where(live),
    col.uniqueIndex('members_user').on(t.workspaceId, t.userId).where(liveAndHeld('user_id')), col.index('members_of_user').on(t.userId),
  ])

  const invitations = col.table('invitations', {
    ...tenant(), email: col.text('email').notNull(), role: col.text('role').notNull(), tokenHash: col.text('token_hash').notNull(), invitedBy: col.json('invited_by').notNull(),
    expiresAt: col.instant('expires_at').notNull(), acceptedAt: col.instant('accepted_at'), revokedAt: col.instant('revoked_at'), ...record(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.id] }), col.uniqueIndex('invitations_token').on(t.tokenHash)])

  /** Secret keys, and agents' tokens, which are keys of one agent and its kinds of tasks. */
  const keys = col.table('keys', {
    ...tenant(), name: col.text('name').notNull(), hash: col.text('hash').notNull(), scopes: col.json('scopes').notNull(), strict: col.bool('strict').notNull(),
    agentId: col.text('agent_id'), kinds: col.json('kinds'),
    expiresAt: col.instant('expires_at'), lastUsedAt: col.instant('last_used_at'), revokedAt: col.instant('revoked_at'), ...record(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.id] }), col.uniqueIndex('keys_id').on(t.id)])

  /**
   * What an embed token stands on: revoking it, its key or the workspace's epoch ends the token. One of a person who signed in from a page
   * names the member and the page's origin, and counts how often its refresh was rotated.
   */
  const sessions = col.table('sessions', {
    ...tenant(), keyId: col.text('key_id'), memberId: col.text('member_id'), subject: col.text('subject').notNull(), origin: col.text('origin'), refreshes: col.int('refreshes').notNull().default(0), epoch: col.int('epoch').notNull(),
    createdAt: col.instant('created_at').notNull(), expiresAt: col.instant('expires_at').notNull(), revokedAt: col.instant('revoked_at'),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.id] }), col.index('sessions_expiry').on(t.expiresAt)])

  const tickets = col.table('tickets', {
    hash: col.text('hash').primaryKey(), workspaceId: col.text('workspace_id').notNull(), admission: col.json('admission').notNull(), expiresAt: col.instant('expires_at').notNull(),
  }, (t) => [col.index('tickets_expiry').on(t.expiresAt)])

  /** One-time codes that a page exchanges for its token after a person signed in, each for one origin and one proof key. */
  const signInCodes = col.table('sign_in_codes', {
    hash: col.text('hash').primaryKey(), workspaceId: col.text('workspace_id').notNull(), memberId: col.text('member_id').notNull(), origin: col.text('origin').notNull(), challenge: col.text('challenge').notNull(), expiresAt: col.instant('expires_at').notNull(),
  }, (t) => [col.index('sign_in_codes_expiry').on(t.expiresAt)])

  /** Who signed in, was refused, changed keys and roles, exported and erased: appended to alone, each entry hashed with the one before. Workspace '' is the instance. */
  const audit = col.table('audit', {
    workspaceId: col.text('workspace_id').notNull(), seq: col.bigint('seq').notNull(), at: col.instant('at').notNull(), event: col.text('event').notNull(), actor: col.json('actor').notNull(),
    subject: col.text('subject'), details: col.json('details').notNull(), requestId: col.text('request_id').notNull(), previous: col.text('previous').notNull(), hash: col.text('hash').notNull(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.seq] }), col.index('audit_event').on(t.workspaceId, t.event, t.seq)])

  const companies = col.table('companies', {
    ...tenant(),
    name: col.text('name').notNull(), domain: col.text('domain'), industry: col.text('industry'), country: col.text('country'),
    employeeCount: col.int('employee_count'), annualRevenueAmount: col.bigint('annual_revenue_amount'), annualRevenueCurrency: col.text('annual_revenue_currency'),
    foundedYear: col.int('founded_year'), description: col.text('description'), ...owned(), externalId: col.text('external_id'), customFields: col.json('custom_fields').notNull(),
    mergedIntoId: col.text('merged_into_id'),
    ...record(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.id] }),
    col.uniqueIndex('companies_domain').on(t.workspaceId, t.domain).where(live),
    col.uniqueIndex('companies_external_id').on(t.workspaceId, t.externalId).where(liveAndHeld('external_id')),
    col.index('companies_owner').on(t.workspaceId, t.ownerId, t.createdAt, t.id),
    /** What was merged into a company is looked for when its history is. */
    col.index('companies_merged').on(t.workspaceId, t.mergedIntoId).where(held('merged_into_id')),
    col.index('companies_name').on(t.workspaceId, t.name, t.id),
    col.index('companies_created').on(t.workspaceId, t.createdAt, t.id),
    col.index('companies_updated').on(t.workspaceId, t.updatedAt, t.id),
  ])

  const customers = col.table('customers', {
    ...tenant(),
    name: col.text('name').notNull(), email: col.text('email'), emailKey: col.text('email_key'), phone: col.text('phone'), title: col.text('title'),
    companyId: col.text('company_id'), description: col.text('description'), ...owned(), externalId: col.text('external_id'), customFields: col.json('custom_fields').notNull(),
    phoneKey: col.text('phone_key'), mergedIntoId: col.text('merged_into_id'),
    ...record(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.id] }),
    col.index('customers_phone').on(t.workspaceId, t.phoneKey),
    col.foreignKey({ name: 'customers_company', columns: [t.workspaceId, t.companyId], foreignColumns: [companies.workspaceId, companies.id] }),
    col.uniqueIndex('customers_email').on(t.workspaceId, t.emailKey).where(live),
    col.uniqueIndex('customers_external_id').on(t.workspaceId, t.externalId).where(liveAndHeld('external_id')),
    col.index('customers_company').on(t.workspaceId, t.companyId, t.createdAt, t.id),
    col.index('customers_owner').on(t.workspaceId, t.ownerId, t.createdAt, t.id),
    /** As companies_merged. */
    col.index('customers_merged').on(t.workspaceId, t.mergedIntoId).where(held('merged_into_id')),
    col.index('customers_name').on(t.workspaceId, t.name, t.id),
    col.index('customers_created').on(t.workspaceId, t.createdAt, t.id),
    col.index('customers_updated').on(t.workspaceId, t.updatedAt, t.id),
  ])

  const pipelines = col.table('pipelines', {
    ...tenant(), name: col.text('name').notNull(), currency: col.text('currency').notNull(), ...record(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.id] })])

  const stages = col.table('stages', {
    ...tenant(), pipelineId: col.text('pipeline_id').notNull(), name: col.text('name').notNull(), kind: col.text('kind').notNull(),
    probability: col.real('probability').notNull(), wipLimit: col.int('wip_limit'), rottingDays: col.int('rotting_days'), position: col.text('position').notNull(), ...record(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.id] }),
    col.foreignKey({ name: 'stages_pipeline', columns: [t.workspaceId, t.pipelineId], foreignColumns: [pipelines.workspaceId, pipelines.id] }),
    col.index('stages_position').on(t.workspaceId, t.pipelineId, t.position, t.id),
  ])

  const deals = col.table('deals', {
    ...tenant(),
    pipelineId: col.text('pipeline_id').notNull(), stageId: col.text('stage_id').notNull(), position: col.text('position').notNull(), status: col.text('status').notNull(),
    title: col.text('title').notNull(), companyId: col.text('company_id'), customerId: col.text('customer_id'),
    valueAmount: col.bigint('value_amount'), valueCurrency: col.text('value_currency'), expectedCloseDate: col.date('expected_close_date'),
    wonReason: col.text('won_reason'), lostReason: col.text('lost_reason'), description: col.text('description'), ...owned(), externalId: col.text('external_id'), customFields: col.json('custom_fields').notNull(),
    closedAt: col.instant('closed_at'), stageEnteredAt: col.instant('stage_entered_at'),
    ...record(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.id] }),
    col.foreignKey({ name: 'deals_pipeline', columns: [t.workspaceId, t.pipelineId], foreignColumns: [pipelines.workspaceId, pipelines.id] }),
    col.foreignKey({ name: 'deals_stage', columns: [t.workspaceId, t.stageId], foreignColumns: [stages.workspaceId, stages.id] }),
    col.foreignKey({ name: 'deals_company', columns: [t.workspaceId, t.companyId], foreignColumns: [companies.workspaceId, companies.id] }),
    col.foreignKey({ name: 'deals_customer', columns: [t.workspaceId, t.customerId], foreignColumns: [customers.workspaceId, customers.id] }),
    col.uniqueIndex('deals_external_id').on(t.workspaceId, t.externalId).where(liveAndHeld('external_id')),
    col.index('deals_board').on(t.workspaceId, t.stageId, t.position, t.id),
    col.index('deals_stage_created').on(t.workspaceId, t.stageId, t.createdAt, t.id),
    col.index('deals_pipeline').on(t.workspaceId, t.pipelineId, t.createdAt, t.id),
    // Without the date a page of one customer's deals would be sought among all deals by date.
    col.index('deals_company').on(t.workspaceId, t.companyId, t.createdAt, t.id),
    col.index('deals_customer').on(t.workspaceId, t.customerId, t.createdAt, t.id),
    col.index('deals_owner').on(t.workspaceId, t.ownerId, t.createdAt, t.id),
    /** For what few have: what was lost lately. */
    col.index('deals_status').on(t.workspaceId, t.status, t.createdAt, t.id),
    col.index('deals_created').on(t.workspaceId, t.createdAt, t.id),
    col.index('deals_updated').on(t.workspaceId, t.updatedAt, t.id),
    /** All that a summary reads. */
    col.index('deals_summary').on(t.workspaceId, t.stageId, t.valueCurrency, t.valueAmount, t.pipelineId).where(live),
    col.index('deals_value').on(t.workspaceId, t.valueAmount, t.id),
    /** What closes next. */
    col.index('deals_close').on(t.workspaceId, t.expectedCloseDate, t.id),
    /** Columns of a board in another order than its own. */
    col.index('deals_stage_value').on(t.workspaceId, t.stageId, t.valueAmount, t.id),
    col.index('deals_stage_close').on(t.workspaceId, t.stageId, t.expectedCloseDate, t.id),
  ])

  const interactions = col.table('interactions', {
    ...tenant(),
    kind: col.text('kind').notNull(), direction: col.text('direction'), subject: col.text('subject'), body: col.text('body'),
    occurredAt: col.instant('occurred_at').notNull(), durationMinutes: col.int('duration_minutes'),
    customerId: col.text('customer_id'), companyId: col.text('company_id'), dealId: col.text('deal_id'), tags: col.json('tags').notNull().default(sql`'[]'`), externalId: col.text('external_id'),
    customFields: col.json('custom_fields').notNull(), participants: col.json('participants').notNull().default(sql`'[]'`), attachments: col.json('attachments').notNull().default(sql`'[]'`),
    ...record(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.id] }),
    col.foreignKey({ name: 'interactions_customer', columns: [t.workspaceId, t.customerId], foreignColumns: [customers.workspaceId, customers.id] }),
    col.foreignKey({ name: 'interactions_company', columns: [t.workspaceId, t.companyId], foreignColumns: [companies.workspaceId, companies.id] }),
    col.foreignKey({ name: 'interactions_deal', columns: [t.workspaceId, t.dealId], foreignColumns: [deals.workspaceId, deals.id] }),
    col.uniqueIndex('interactions_external_id').on(t.workspaceId, t.externalId).where(liveAndHeld('external_id')),
    col.index('interactions_customer').on(t.workspaceId, t.customerId, t.occurredAt, t.id).where(held('customer_id')),
    col.index('interactions_company').on(t.workspaceId, t.companyId, t.occurredAt, t.id).where(held('company_id')),
    col.index('interactions_deal').on(t.workspaceId, t.dealId, t.occurredAt, t.id).where(held('deal_id')),
    col.index('interactions_occurred').on(t.workspaceId, t.occurredAt, t.id),
    /** The meetings among a million e-mails. */
    col.index('interactions_kind').on(t.workspaceId, t.kind, t.occurredAt, t.id),
    /** For who fetches what has changed since. */
    col.index('interactions_updated').on(t.workspaceId, t.updatedAt, t.id),
  ])

  const reminders = col.table('reminders', {
    ...tenant(),
    title: col.text('title').notNull(), description: col.text('description'), dueAt: col.instant('due_at').notNull(), timeZone: col.text('time_zone').notNull(),
    recurrence: col.text('recurrence'), recurrenceStart: col.instant('recurrence_start'), status: col.text('status').notNull(), snoozedUntil: col.instant('snoozed_until'),
    completedAt: col.instant('completed_at'), remindAt: col.instant('remind_at'), remindedAt: col.instant('reminded_at'),
    customerId: col.text('customer_id'), companyId: col.text('company_id'), dealId: col.text('deal_id'), ...owned(), externalId: col.text('external_id'), customFields: col.json('custom_fields').notNull(),
    ...record(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.id] }),
    col.foreignKey({ name: 'reminders_customer', columns: [t.workspaceId, t.customerId], foreignColumns: [customers.workspaceId, customers.id] }),
    col.foreignKey({ name: 'reminders_company', columns: [t.workspaceId, t.companyId], foreignColumns: [companies.workspaceId, companies.id] }),
    col.foreignKey({ name: 'reminders_deal', columns: [t.workspaceId, t.dealId], foreignColumns: [deals.workspaceId, deals.id] }),
    col.uniqueIndex('reminders_external_id').on(t.workspaceId, t.externalId).where(liveAndHeld('external_id')),
    /** What is still to fire, of all workspaces: what the sweep asks for, in these words. */
    col.index('reminders_to_fire').on(t.remindAt).where(sql.raw(TO_FIRE)),
    col.index('reminders_status').on(t.workspaceId, t.status, t.archivedAt),
    col.index('reminders_owner').on(t.workspaceId, t.ownerId, t.dueAt, t.id),
    col.index('reminders_due').on(t.workspaceId, t.dueAt, t.id),
    col.index('reminders_customer').on(t.workspaceId, t.customerId, t.dueAt, t.id),
    col.index('reminders_company').on(t.workspaceId, t.companyId, t.dueAt, t.id),
    col.index('reminders_deal').on(t.workspaceId, t.dealId, t.dueAt, t.id),
  ])

  /** What was uploaded; the content lies in files/. */
  const files = col.table('files', {
    ...tenant(), name: col.text('name').notNull(), type: col.text('type').notNull(), sniffedType: col.text('sniffed_type'), bytes: col.bigint('bytes').notNull(), sha256: col.text('sha256').notNull(),
    /** Who may see it whatever carries it: its maker, by `stableId`. */
    madeBy: col.text('made_by').notNull(),
    ...record(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.id] }), col.index('files_created').on(t.workspaceId, t.createdAt, t.id)])

  const fields = col.table('fields', {
    ...tenant(), noun: col.text('noun').notNull(), key: col.text('key').notNull(), type: col.text('type').notNull(), label: col.text('label').notNull(), description: col.text('description'),
    options: col.json('options'), required: col.bool('required').notNull(), indexed: col.bool('indexed').notNull(), ...record(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.id] }), col.uniqueIndex('fields_key').on(t.workspaceId, t.noun, t.key).where(live)])

  const tags = col.table('tags', {
    ...tenant(), name: col.text('name').notNull(), nameKey: col.text('name_key').notNull(), color: col.text('color'), ...record(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.id] }), col.uniqueIndex('tags_name').on(t.workspaceId, t.nameKey).where(live)])

  const views = col.table('views', {
    ...tenant(), noun: col.text('noun').notNull(), name: col.text('name').notNull(), filter: col.json('filter'), sort: col.text('sort'), columns: col.json('columns').notNull(),
    shared: col.bool('shared').notNull(), madeBy: col.text('made_by').notNull(), ...record(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.id] })])

  const changeSets = col.table('change_sets', {
    ...tenant(),
    state: col.text('state').notNull(), actor: col.json('actor').notNull(), sourceKind: col.text('source_kind').notNull(), sourceId: col.text('source_id').notNull(),
    changeCount: col.int('change_count').notNull(), seqFrom: col.bigint('seq_from'), seqTo: col.bigint('seq_to'),
    reverts: col.text('reverts'), revertedBy: col.text('reverted_by'), createdAt: col.instant('created_at').notNull(), appliedAt: col.instant('applied_at'),
    /** The agent's run that it came from; who decided about a proposal, and why; what an undoing left. */
    run: col.json('run'), decidedBy: col.json('decided_by'), reason: col.text('reason'), skipped: col.json('skipped'),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.id] }),
    col.index('change_sets_state').on(t.workspaceId, t.state, t.createdAt, t.id),
    col.index('change_sets_created').on(t.workspaceId, t.createdAt, t.id),
  ])

  /** What proposals would change, until they are applied or rejected. WITHOUT ROWID on SQLite. */
  const proposedChanges = col.table('proposed_changes', {
    workspaceId: col.text('workspace_id').notNull(), changeSetId: col.text('change_set_id').notNull(), n: col.int('n').notNull(), change: col.json('change').notNull(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.changeSetId, t.n] }),
    col.foreignKey({ name: 'proposed_changes_set', columns: [t.workspaceId, t.changeSetId], foreignColumns: [changeSets.workspaceId, changeSets.id] }),
  ])

  /** The feed: one row a changed record, `seq` contiguous per workspace in commit order. WITHOUT ROWID on SQLite. */
  const changes = col.table('changes', {
    workspaceId: col.text('workspace_id').notNull(), seq: col.bigint('seq').notNull(), changeSetId: col.text('change_set_id').notNull(),
    noun: col.text('noun').notNull(), recordId: col.text('record_id').notNull(), op: col.text('op').notNull(), version: col.int('version').notNull(),
    fields: col.json('fields').notNull(), at: col.instant('at').notNull(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.seq] }),
    col.foreignKey({ name: 'changes_change_set', columns: [t.workspaceId, t.changeSetId], foreignColumns: [changeSets.workspaceId, changeSets.id] }),
    col.index('changes_record').on(t.workspaceId, t.recordId, t.seq),
    col.index('changes_at').on(t.workspaceId, t.at),
  ])

  /** Where replay begins for a record whose older changes were compacted: as it was after `seq`, and for each field the change that had set it. */
  const snapshots = col.table('snapshots', {
    workspaceId: col.text('workspace_id').notNull(), recordId: col.text('record_id').notNull(), noun: col.text('noun').notNull(), seq: col.bigint('seq').notNull(), version: col.int('version').notNull(),
    createdAt: col.instant('created_at').notNull(), updatedAt: col.instant('updated_at').notNull(), archivedAt: col.instant('archived_at'), fields: col.json('fields').notNull(), provenance: col.json('provenance').notNull(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.recordId] })])

  /** Answers kept for replay. WITHOUT ROWID on SQLite. */
  const idempotency = col.table('idempotency', {
    workspaceId: col.text('workspace_id').notNull(), key: col.text('key').notNull(), bodyHash: col.text('body_hash').notNull(),
    status: col.int('status').notNull(), headers: col.json('headers').notNull(), body: col.text('body').notNull(), expiresAt: col.instant('expires_at').notNull(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.key] }), col.index('idempotency_expiry').on(t.expiresAt)])

  const agents = col.table('agents', {
    ...tenant(), name: col.text('name').notNull(), kinds: col.json('kinds').notNull(), description: col.text('description'),
    status: col.text('status').notNull(), message: col.text('message'), lastSeenAt: col.instant('last_seen_at').notNull(), ...record(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.id] }), col.uniqueIndex('agents_name').on(t.workspaceId, t.name)])

  const tasks = col.table('tasks', {
    ...tenant(),
    kind: col.text('kind').notNull(), state: col.text('state').notNull(), payload: col.json('payload').notNull(), result: col.json('result'), error: col.text('error'),
    progress: col.real('progress'), message: col.text('message'), attempts: col.int('attempts').notNull(), maxAttempts: col.int('max_attempts').notNull(),
    priority: col.int('priority').notNull(), orderKey: col.text('order_key'), runAt: col.instant('run_at').notNull(), agentId: col.text('agent_id'), usage: col.json('usage'),
    startedAt: col.instant('started_at'), finishedAt: col.instant('finished_at'),
    leaseToken: col.text('lease_token'), leaseUntil: col.instant('lease_until'),
    ...record(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.id] }),
    col.index('tasks_due').on(t.workspaceId, t.state, t.kind, t.priority, t.runAt, t.id),
    col.index('tasks_lease').on(t.state, t.leaseUntil),
    col.index('tasks_order').on(t.workspaceId, t.orderKey, t.id),
    col.index('tasks_created').on(t.workspaceId, t.createdAt, t.id),
    col.index('tasks_finished').on(t.workspaceId, t.state, t.finishedAt),
  ])

  const actions = col.table('actions', {
    ...tenant(),
    kind: col.text('kind').notNull(), state: col.text('state').notNull(), subjectNoun: col.text('subject_noun').notNull(), subjectId: col.text('subject_id').notNull(), subjectName: col.text('subject_name').notNull(),
    title: col.text('title').notNull(), reason: col.text('reason').notNull(), priority: col.real('priority').notNull(), policyVersion: col.text('policy_version').notNull(),
    expiresAt: col.instant('expires_at').notNull(), snoozedUntil: col.instant('snoozed_until'), decidedAt: col.instant('decided_at'), decidedBy: col.text('decided_by'),
    dismissReason: col.text('dismiss_reason'), outcome: col.json('outcome'), receipt: col.json('receipt').notNull(),
    ...record(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.id] }),
    col.index('actions_state').on(t.workspaceId, t.state, t.priority, t.id),
    col.index('actions_subject').on(t.workspaceId, t.subjectId, t.state),
    col.index('actions_created').on(t.workspaceId, t.createdAt, t.id),
  ])

  const imports = col.table('imports', {
    ...tenant(),
    noun: col.text('noun').notNull(), name: col.text('name').notNull(), state: col.text('state').notNull(), bytes: col.bigint('bytes').notNull(),
    mapping: col.json('mapping').notNull(), counts: col.json('counts').notNull(), rejects: col.json('rejects').notNull(), error: col.text('error'),
    taskId: col.text('task_id').notNull(), changeSetId: col.text('change_set_id').notNull(), finishedAt: col.instant('finished_at'),
    settings: col.json('settings').notNull().default(sql`'{}'`), detection: col.json('detection'), preview: col.json('preview').notNull().default(sql`'[]'`), total: col.int('total'),
    /** Where a resumed import goes on; written in the transaction of each part. */
    checkpoint: col.json('checkpoint').notNull(),
    ...record(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.id] }), col.index('imports_created').on(t.workspaceId, t.createdAt, t.id)])

  const importMappings = col.table('import_mappings', {
    ...tenant(), noun: col.text('noun').notNull(), name: col.text('name').notNull(), settings: col.json('settings').notNull(), header: col.json('header').notNull(), ...record(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.id] }), col.uniqueIndex('import_mappings_name').on(t.workspaceId, t.noun, t.name).where(live)])

  /** Pairs of records that may be one, the lesser id left. Derived from the records; only a person's word (`dismissed`) and the merge's change set are kept for their own sake. */
  const duplicates = col.table('duplicates', {
    ...tenant(), noun: col.text('noun').notNull(), leftId: col.text('left_id').notNull(), rightId: col.text('right_id').notNull(), score: col.real('score').notNull(), reasons: col.json('reasons').notNull(),
    state: col.text('state').notNull(), changeSetId: col.text('change_set_id'), ...record(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.id] }),
    col.uniqueIndex('duplicates_pair').on(t.workspaceId, t.leftId, t.rightId),
    col.index('duplicates_right').on(t.workspaceId, t.rightId),
    col.index('duplicates_score').on(t.workspaceId, t.noun, t.score, t.id),
  ])

  /** By which of its values a record is compared with others, hashed. WITHOUT ROWID on SQLite. */
  const duplicateKeys = col.table('duplicate_keys', {
    workspaceId: col.text('workspace_id').notNull(), recordId: col.text('record_id').notNull(), key: col.bigint('key').notNull(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.recordId, t.key] }), col.index('duplicate_keys_key').on(t.workspaceId, t.key, t.recordId)])

  const webhooks = col.table('webhooks', {
    ...tenant(), url: col.text('url').notNull(), description: col.text('description'), events: col.json('events').notNull(), enabled: col.bool('enabled').notNull(),
    disabledReason: col.text('disabled_reason'), disabledBy: col.json('disabled_by'), disabledAt: col.instant('disabled_at'),
    /** How far it has followed the feed; moved in the transaction that makes the deliveries. */
    seq: col.bigint('seq').notNull(), failures: col.int('failures').notNull(), lastDeliveredAt: col.instant('last_delivered_at'),
    /** Sealed, newest first, each with the instant up to which it signs. */
    secrets: col.json('secrets').notNull(),
    /** Ids of later tasks must be greater, whatever the clock of the server that makes them. */
    lastTaskId: col.text('last_task_id').notNull().default(''),
    ...record(),
  }, (t) => [col.primaryKey({ columns: [t.workspaceId, t.id] })])

  const deliveries = col.table('deliveries', {
    ...tenant(), webhookId: col.text('webhook_id').notNull(), type: col.text('type').notNull(), seq: col.bigint('seq'), changeSetId: col.text('change_set_id'),
    noun: col.text('noun'), recordId: col.text('record_id'), taskId: col.text('task_id').notNull(), state: col.text('state').notNull(), tries: col.int('tries').notNull(),
    attempts: col.json('attempts').notNull(), nextAttemptAt: col.instant('next_attempt_at'), deliveredAt: col.instant('delivered_at'), error: col.text('error'),
    /** The bytes that are sent, the same at every try. */
    body: col.text('body').notNull(),
    ...record(),
  }, (t) => [
    col.primaryKey({ columns: [t.workspaceId, t.id] }),
    col.foreignKey({ name: 'deliveries_webhook', columns: [t.workspaceId, t.webhookId], foreignColumns: [webhooks.workspaceId, webhooks.id] }),
    // A change is told to a webhook once.
    col.uniqueIndex('deliveries_change').on(t.workspaceId, t.webhookId, t.seq),
    col.index('deliveries_created').on(t.workspaceId, t.createdAt, t.id),
    col.index('deliveries_of').on(t.workspaceId, t.webhookId, t.createdAt, t.id),
    col.index('deliveries_record').on(t.workspaceId, t.recordId),
    col.index('deliveries_state').on(t.state, t.createdAt),
  ])

  return { workspaces, users, userSessions, accounts, verifications, twoFactors, members, invitations, keys, sessions, tickets, signInCodes, audit, companies, customers, pipelines, stages, deals, interactions, fields, tags, views, changeSets, proposedChanges, changes, snapshots, idempotency, agents, tasks, actions, imports, importMappings, duplicates, duplicateKeys, webhooks, deliveries, reminders, files }
}

export type Tables = ReturnType<typeof defineTables>
export type TableName = keyof Tables
export const tablesOf = (dialect: Dialect): Tables => TABLES[dialect]
const TABLES: Record<Dialect, Tables> = { sqlite: defineTables(columnsOf('sqlite')), postgres: defineTables(columnsOf('postgres')) }
