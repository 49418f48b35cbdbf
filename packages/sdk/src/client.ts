import { Agent, type AgentOptions } from './agent/agent.ts'
import type { ApiPromise } from './core/answer.ts'
import { createTransport, type FlowstateOptions } from './core/options.ts'
import type { Request, Transport } from './core/transport.ts'
import { Actions } from './resources/actions.ts'
import { Agents } from './resources/agents.ts'
import { Ai } from './resources/ai.ts'
import { Audit } from './resources/audit.ts'
import { Changes } from './resources/changes.ts'
import { ChangeSets } from './resources/changesets.ts'
import { Companies } from './resources/companies.ts'
import { Customers } from './resources/customers.ts'
import { Deals } from './resources/deals.ts'
import { Duplicates } from './resources/duplicates.ts'
import { Deliveries } from './resources/deliveries.ts'
import { EmbedTokens } from './resources/embed-tokens.ts'
import { Exports } from './resources/exports.ts'
import { Fields } from './resources/fields.ts'
import type { ImportMappings } from './resources/import-mappings.ts'
import { Files } from './resources/files.ts'
import { Imports } from './resources/imports.ts'
import { Interactions } from './resources/interactions.ts'
import { Invitations } from './resources/invitations.ts'
import { Keys } from './resources/keys.ts'
import { Members } from './resources/members.ts'
import { Pipelines } from './resources/pipelines.ts'
import { Realtime } from './resources/realtime.ts'
import { Reminders } from './resources/reminders.ts'
import { Search } from './resources/search.ts'
import { Session } from './resources/session.ts'
import { Stages } from './resources/stages.ts'
import { Stats } from './resources/stats.ts'
import { Tags } from './resources/tags.ts'
import { Tasks } from './resources/tasks.ts'
import { Views } from './resources/views.ts'
import { Webhooks } from './resources/webhooks.ts'
import { Whoami } from './resources/whoami.ts'
import type { sign } from './webhooks/sign.ts'
import type { verify } from './webhooks/verify.ts'

interface WebhookTools {
  /**
   * Checks that a message is ours, whole, and not a replay, and answers it. Give the body as it came, before anything parses it.
   *
   * @throws WebhookVerificationError
   * @example
   * const { type, data } = await Flowstate.webhooks.verify(await request.text(), request.headers, process.env.WEBHOOK_SECRET)
   */
  verify: typeof verify
  /** Headers for a message of a test's own, as the server would sign it. */
  sign: typeof sign
}
import { Workspaces } from './resources/workspaces.ts'

/**
 * A client of one Flowstate server.
 *
 * @example
 * const flowstate = new Flowstate({ baseUrl: 'https://crm.example.com', key: process.env.FLOWSTATE_KEY })
 * for await (const deal of flowstate.deals.list({ status: 'open' })) console.log(deal.title)
 */
export class Flowstate {
  /** For receivers of webhooks. Loaded when first called; `@flowstate-ai/sdk/webhooks` has the same by itself. */
  static readonly webhooks: WebhookTools = {
    verify: async (...args) => (await import('./webhooks/verify.ts')).verify(...args),
    sign: async (...args) => (await import('./webhooks/sign.ts')).sign(...args),
  }

  readonly companies: Companies
  readonly customers: Customers
  readonly deals: Deals
  readonly pipelines: Pipelines
  readonly stages: Stages
  readonly interactions: Interactions
  readonly reminders: Reminders
  readonly files: Files
  readonly workspaces: Workspaces
  readonly fields: Fields
  readonly tags: Tags
  readonly views: Views
  readonly members: Members
  readonly invitations: Invitations
  readonly session: Session
  readonly audit: Audit
  readonly changesets: ChangeSets
  readonly changes: Changes
  readonly search: Search
  readonly actions: Actions
  readonly ai: Ai
  readonly agents: Agents
  readonly tasks: Tasks
  readonly stats: Stats
  readonly imports: Imports
  /** The same as `imports.mappings`. */
  readonly importMappings: ImportMappings
  readonly duplicates: Duplicates
  readonly exports: Exports
  readonly webhooks: Webhooks
  readonly deliveries: Deliveries
  readonly keys: Keys
  readonly embedTokens: EmbedTokens
  readonly realtime: Realtime
  readonly whoami: Whoami
  readonly #transport: Transport

  constructor(options: FlowstateOptions) {
    const transport = createTransport(options)
    this.#transport = transport
    this.companies = new Companies(transport)
    this.customers = new Customers(transport)
    this.deals = new Deals(transport)
    this.pipelines = new Pipelines(transport)
    this.stages = new Stages(transport)
    this.interactions = new Interactions(transport)
    this.reminders = new Reminders(transport)
    this.files = new Files(transport)
    this.workspaces = new Workspaces(transport)
    this.fields = new Fields(transport)
    this.tags = new Tags(transport)
    this.views = new Views(transport)
    this.members = new Members(transport)
    this.invitations = new Invitations(transport)
    this.session = new Session(transport)
    this.audit = new Audit(transport)
    this.changesets = new ChangeSets(transport)
    this.changes = new Changes(transport)
    this.search = new Search(transport)
    this.actions = new Actions(transport)
    this.ai = new Ai(transport)
    this.agents = new Agents(transport)
    this.tasks = new Tasks(transport)
    this.stats = new Stats(transport)
    this.imports = new Imports(transport)
    this.importMappings = this.imports.mappings
    this.duplicates = new Duplicates(transport)
    this.exports = new Exports(transport)
    this.webhooks = new Webhooks(transport)
    this.deliveries = new Deliveries(transport)
    this.keys = new Keys(transport)
    this.embedTokens = new EmbedTokens(transport)
    this.realtime = new Realtime(transport)
    this.whoami = new Whoami(transport)
  }

  /** The server's address, without a slash at its end. */
  get baseUrl(): string {
    return this.#transport.options.baseUrl
  }

  /**
   * Any route below `/api/v1`, with everything the methods have: credential, retries, typed errors, `withResponse()`.
   *
   * @example
   * const { seq } = await flowstate.request<{ seq: number }>({ method: 'GET', path: '/some/newer/route', query: { limit: 10 } })
   */
  request<T = unknown>(request: Request): ApiPromise<T> {
    return this.#transport.send<T>(request)
  }

  /** A program that takes tasks from the queue; `agent.work(handler)` sets it to work. */
  agent(options: AgentOptions): Agent {
    return new Agent(this.#transport, options)
  }
}
