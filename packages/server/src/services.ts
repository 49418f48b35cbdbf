import { createAuditService } from './audit/audit.service.ts'
import { createAuditStore } from './audit/audit.store.ts'
import { createActionsService } from './actions/actions.service.ts'
import { createActionsStore } from './actions/actions.store.ts'
import { createFactsStore } from './actions/facts.store.ts'
import { createAgentsService } from './agents/agents.service.ts'
import { createAgentsStore } from './agents/agents.store.ts'
import { createCompaniesService } from './companies/companies.service.ts'
import { createCustomersService } from './customers/customers.service.ts'
import { createCompactionService } from './compaction/compaction.service.ts'
import { createCompactionStore } from './compaction/compaction.store.ts'
import { instant } from './clock.ts'
import type { Database } from './db/database.ts'
import { createScoped } from './db/scoped.ts'
import { createSystem } from './db/system.ts'
import { createBoardStore } from './deals/board.store.ts'
import { createDealsService } from './deals/deals.service.ts'
import { createDuplicatesService } from './duplicates/duplicates.service.ts'
import { createDuplicatesStore } from './duplicates/duplicates.store.ts'
import { createFinder } from './duplicates/finder.ts'
import { createFollower } from './duplicates/follower.ts'
import { createMergeService } from './duplicates/merge.service.ts'
import { createEndings } from './embeds/endings.ts'
import { createEmbedsService } from './embeds/embeds.service.ts'
import { createSessionsStore } from './embeds/sessions.store.ts'
import { createSignInService } from './embeds/sign-in.service.ts'
import { createErasureFiles } from './erasure/erasure.files.ts'
import { createErasureService } from './erasure/erasure.service.ts'
import { createErasureStore } from './erasure/erasure.store.ts'
import { createExportsService } from './exports/exports.service.ts'
import { createExportsStore } from './exports/exports.store.ts'
import { createFieldsService } from './fields/fields.service.ts'
import { createFieldsStore } from './fields/fields.store.ts'
import { createCustomFieldRules } from './fields/rules.ts'
import { createAttachmentsService } from './files/attachments.service.ts'
import { createAttachmentsStore } from './files/attachments.store.ts'
import { createFiles } from './files/files.ts'
import { createImports } from './imports/imports.ts'
import { createCarriedCheck } from './interactions/carried.ts'
import { createInteractionsService } from './interactions/interactions.service.ts'
import { createKeyring } from './keyring/keyring.ts'
import { createRotationService } from './keyring/rotation.service.ts'
import { createRotationStore } from './keyring/rotation.store.ts'
import { createKeptHashes } from './keys/kept-hash.ts'
import { createKeysService } from './keys/keys.service.ts'
import { createKeysStore } from './keys/keys.store.ts'
import { createChangeStreams } from './ledger/change-streams.ts'
import { createChangesService } from './ledger/changes.service.ts'
import { createChangeSetsService } from './ledger/changesets.service.ts'
import { createChangeSetsStore } from './ledger/changesets.store.ts'
import { createPointersStore } from './ledger/pointers.store.ts'
import { createProposalsService } from './ledger/proposals.service.ts'
import { createProposalsStore } from './ledger/proposals.store.ts'
import { createTail } from './ledger/tail.ts'
import { createUndoConflicts } from './ledger/undo.conflicts.ts'
import { createUndoPlan } from './ledger/undo.plan.ts'
import { createUndoService } from './ledger/undo.service.ts'
import { createWrites } from './ledger/writes.ts'
import type { Log } from './log.ts'
import { createReport } from './report.ts'
import { createIdentities } from './identities/identities.ts'
import { createSignOuts } from './identities/sign-outs.ts'
import { createSetupService } from './identities/setup.service.ts'
import { createPeopleService } from './identities/people.service.ts'
import { createInvitationsService } from './invitations/invitations.service.ts'
import { createInvitationsStore } from './invitations/invitations.store.ts'
import { consoleMail } from './mail/mail.ts'
import { smtpMail } from './mail/smtp.ts'
import { createMembersService } from './members/members.service.ts'
import { createMembersStore } from './members/members.store.ts'
import type { ResolvedOptions } from './options.ts'
import { createPipelinesService } from './pipelines/pipelines.service.ts'
import { createStagesService } from './pipelines/stages.service.ts'
import { createTickets } from './realtime/tickets.ts'
import { createFiringService } from './reminders/firing.service.ts'
import { createRemindersService } from './reminders/reminders.service.ts'
import { createChecks } from './records/checks.ts'
import { createQueryResolver } from './records/list-query.ts'
import { recordJsonOf } from './records/record-json.ts'
import type { RecordDeps } from './records/record.service.ts'
import { createIndexer } from './search/indexer.ts'
import { createSearchService } from './search/search.service.ts'
import { createSearchStore } from './search/search.store.ts'
import { createSealing } from './sealing.ts'
import { createStatsService } from './stats/stats.service.ts'
import { createTagsService } from './tags/tags.service.ts'
import { createStatusBus } from './tasks/status.ts'
import { createTasksService } from './tasks/tasks.service.ts'
import { createTasksStore } from './tasks/tasks.store.ts'
import { createWaitingRoom } from './tasks/waiting.ts'
import { createViewsService } from './views/views.service.ts'
import { createDeliveriesService } from './webhooks/deliveries.service.ts'
import { createDeliveriesStore } from './webhooks/deliveries.store.ts'
import { createPlanner } from './webhooks/planner.ts'
import { createWebhooksService } from './webhooks/webhooks.service.ts'
import { createWebhooksStore } from './webhooks/webhooks.store.ts'
import { createDeliveryHandler } from './webhooks/webhooks.tasks.ts'
import { createWorker } from './worker/worker.ts'
import { createFoundingService } from './workspaces/founding.service.ts'
import { createSettingsService } from './workspaces/settings.service.ts'
import { createWorkspacesService } from './workspaces/workspaces.service.ts'

/** The composition root: everything is built here, once, and handed in. */
export const createServices = (database: Database, options: ResolvedOptions, log: Log) => {
  const { clock, leaseMs, heartbeatMs, sweepMs } = options
  const { ledger } = database
  const keyring = createKeyring(options.secret)
  const sealing = createSealing(keyring)
  if (database.counters) options.rateLimits.share(database.counters)
  const scoped = createScoped(database)
  const system = createSystem(database)
  const status = createStatusBus()
  const waiting = createWaitingRoom()
  const tail = createTail(database)
  // Imports, undoings and what follows the feed go through all the data, beside the requests.
  const behind: Database = { ...database, reader: database.background }
  const background = { scoped: createScoped(behind), tail: createTail(behind) }

  const proposalsStore = createProposalsStore(database)
  const pointersStore = createPointersStore(database)
  const writes = createWrites({ ledger, proposals: proposalsStore })
  const fieldsStore = createFieldsStore(database)
  const rules = createCustomFieldRules(fieldsStore)
  const searchStore = createSearchStore(database)
  const indexer = createIndexer({ ...background, ledger, store: searchStore, log })
  const search = createSearchService({ store: searchStore, indexer, scoped })
  const deps: RecordDeps = { scoped, resolve: createQueryResolver({ scoped, search }), writes, checks: createChecks({ scoped, rules }), clock, json: recordJsonOf(database.dialect), apiPath: `${options.basePath === '/' ? '' : options.basePath}/api/v1` }
  const board = createBoardStore(database, scoped)
  const companies = createCompaniesService(deps)
  const customers = createCustomersService(deps)
  const pipelines = createPipelinesService(deps, board)
  const stages = createStagesService(deps, board)
  const deals = createDealsService(deps, board)
  const files = createFiles(options)
  const attachments = createAttachmentsService({ store: createAttachmentsStore(database, scoped), files, ledger, clock })
  const interactions = createInteractionsService(deps, createCarriedCheck({ scoped, attachments }))
  const fields = createFieldsService(deps, fieldsStore, rules)
  const tags = createTagsService(deps)
  const views = createViewsService(deps, database)
  const mail = options.mail ?? (options.smtpUrl ? smtpMail(options.smtpUrl) : consoleMail(log))
  const endings = createEndings()
  const sessions = createSessionsStore(database)
  const identities = createIdentities({ database, keyring, basePath: options.basePath, publicUrl: options.publicUrl, mail, oidc: options.oidc ?? null, expects: (email) => system.expects(email, instant(clock())), log, ended: createSignOuts({ system, sessions, endings, clock, log }) })
  const audit = createAuditService({ store: createAuditStore(database), ledger, clock, log })
  const membersStore = createMembersStore(database)
  const members = createMembersService({ database, store: membersStore, sessions, endings, identities, scoped, system, clock })
  const people = createPeopleService({ identities, system, members: membersStore, publicUrl: options.publicUrl })
  const root = options.basePath === '/' ? '' : options.basePath
  const linkTo = ({ url }: { url: string }, path: string): string => `${options.publicUrl?.replace(/\/$/, '') ?? `${new URL(url).origin}${root}`}${path}`
  const invitations = createInvitationsService({ store: createInvitationsStore(database), members: membersStore, identities, scoped, system, ledger, mail, limits: options.rateLimits, clock, log, linkTo })

  const changes = createChangesService({ tail, scoped })
  const conflicts = createUndoConflicts(files)
  const changeStreams = createChangeStreams({ tail, scoped, log })
  const changeSetsStore = createChangeSetsStore(database)
  const changeSets = createChangeSetsService({ store: changeSetsStore, proposals: proposalsStore, scoped, conflicts })
  const proposals = createProposalsService({ store: changeSetsStore, proposals: proposalsStore, pointers: pointersStore, changeSets, scoped, ledger, clock })
  const tasks = createTasksService({ store: createTasksStore(database), scoped, ledger, clock, status, waiting, leaseMs })
  const agents = createAgentsService({ store: createAgentsStore(database), scoped, ledger, clock, status, heartbeatMs, leaseMs })
  const undo = createUndoService({ store: changeSetsStore, plan: createUndoPlan({ store: createChangeSetsStore(behind), scoped: background.scoped, pointers: pointersStore, fields: fieldsStore }), ledger, writes, tasks, conflicts, clock })
  const settings = createSettingsService({ database, system, tasks, clock })
  const reminders = createRemindersService(deps, settings.retrieve)
  const firing = createFiringService({ system, scoped, ledger, tasks, settingsOf: settings.retrieve, clock })
  const actions = createActionsService({ store: createActionsStore(database, scoped), facts: createFactsStore(database), ledger, tasks, clock })
  const stats = createStatsService(behind, clock)
  const { imports, importMappings } = createImports({ database: behind, scoped: background.scoped, board: createBoardStore(behind, background.scoped), ledger, files, filesOptions: { dataDir: options.dataDir, ...(options.storageUrl ? { storageUrl: options.storageUrl } : {}) }, tasks, rules, clock, log })
  const exports = createExportsService({ store: createExportsStore(database, scoped), scoped, resolve: deps.resolve, clock })

  const duplicatesStore = createDuplicatesStore(database, scoped)
  const finder = createFinder({ store: createDuplicatesStore(behind, background.scoped), scoped: background.scoped })
  const follower = createFollower({ ...background, ledger, store: duplicatesStore, finder, clock, log })
  const merge = createMergeService({ ...deps, pointers: pointersStore })
  const duplicates = createDuplicatesService({ store: duplicatesStore, proposals: proposalsStore, finder, follower, merge, search, scoped, ledger, writes, clock })

  const allowPrivate = options.allowPrivateTargets
  const webhooksStore = createWebhooksStore(database)
  const deliveriesStore = createDeliveriesStore(database)
  const webhooks = createWebhooksService({ dialect: database.dialect, scoped, store: webhooksStore, deliveries: deliveriesStore, ledger, tasks, sealing, clock, allowPrivate })
  const deliveries = createDeliveriesService({ scoped, store: deliveriesStore, webhooks: webhooksStore, ledger, tasks, clock })
  const planner = createPlanner({ ...background, ledger, webhooks: webhooksStore, deliveries: deliveriesStore, tasks, clock, log })
  /** What a webhook has not been told of yet stays. */
  const untold = async (workspaceId: string) => Math.min(Number.MAX_SAFE_INTEGER, ...(await webhooksStore.live(workspaceId)).map(({ seq }) => seq))
  const compaction = createCompactionService({ store: createCompactionStore(database), ledger, tasks, clock, followers: [searchStore.indexedSeq, duplicatesStore.comparedSeq, untold] })
  const erasure = createErasureService({ store: createErasureStore(database), files: createErasureFiles(files), attachments, scoped, ledger, clock, followers: [indexer, follower, planner] })
  const deliver = createDeliveryHandler({ webhooks: webhooksStore, deliveries: deliveriesStore, ledger, sealing, clock, allowPrivate, options: options.delivery })

  const hashes = createKeptHashes(keyring, sealing)
  const keys = createKeysService({ scoped, system, store: createKeysStore(database), sessions, endings, hashes, clock })
  const rotation = createRotationService({ keyring, sealing, hashes, store: createRotationStore(database), ledger, system, audit })
  const embeds = createEmbedsService({ system, scoped, store: sessions, keyring, endings, clock, allowedOrigins: options.allowedOrigins })
  const signIn = createSignInService({ system, store: sessions, people, keyring, endings, allowedOrigins: options.allowedOrigins, clock })
  const tickets = createTickets(database, system, clock)
  const workspaces = createWorkspacesService(database, system, clock)
  const founding = createFoundingService({ database, members: membersStore, people, audit, clock })
  const setup = createSetupService({ system, workspaces, members })
  const worker = createWorker({
    sweeps: [tasks.sweep, firing.sweep], tasks, agents, system, concurrency: options.workerConcurrency, heartbeatMs, sweepMs, clock, log,
    handlers: { import: imports.handler, revert: undo.handler, compact: compaction.handler, 'next-best-actions': actions.handler, 'find-duplicates': duplicates.handler, 'deliver-webhook': deliver, remind: firing.handler },
  })

  return {
    options, log, clock, database, ledger, scoped, system, status, tail,
    companies, customers, pipelines, stages, deals, interactions, reminders, firing, attachments, settings, fields, tags, views, members, identities, people, setup, audit, invitations, changes, changeStreams, changeSets, proposals, undo, compaction, erasure, search, indexer,
    tasks, agents, actions, stats, files, imports, importMappings, duplicates, merge, follower, exports, sessions, endings, keys, keyring, sealing, hashes, rotation, embeds, signIn, tickets, workspaces, founding, worker, webhooks, deliveries, planner,
    allowedOrigins: options.allowedOrigins, publicUrl: options.publicUrl, limits: options.rateLimits,
    /** What the routes of every ledgered noun share. */
    records: { seqOf: (workspaceId: string) => ledger.seqOf(workspaceId), history: changeSets.history },
    report: createReport(log),
  }
}
export type Services = ReturnType<typeof createServices>
