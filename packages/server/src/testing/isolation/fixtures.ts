import { createHash } from 'node:crypto'
import { PAGE } from '../forged.ts'
import { type Asking, type Fixture, freshRecord, RECORD_FIXTURES } from './fixtures.records.ts'
import { aPair, anAction, anImport, codeOf, pageOf, PASSWORD, signedIn, type World } from './world.ts'

const proposal = async ({ flowstate, say, ids }: World): Promise<string> => (await flowstate.companies.update(ids.companies, { industry: say('proposed') }, { mode: 'propose' }).withResponse()).response.headers.get('flowstate-change-set') ?? ''
const changeSet = async ({ flowstate, say }: World): Promise<string> => (await flowstate.companies.create({ name: say('to be undone') }).withResponse()).response.headers.get('flowstate-change-set') ?? ''
const key = async ({ flowstate, say }: World): Promise<string> => (await flowstate.keys.create({ name: say('key'), scopes: ['crm:read'] })).id
const webhook = async ({ flowstate, say, receiverUrl, word }: World): Promise<string> => (await flowstate.webhooks.create({ url: `${receiverUrl}/${word}`, description: say('webhook'), events: [{ noun: 'views' }] })).id
const session = async ({ flowstate, say }: World): Promise<string> => {
  const subject = say('subject')
  await flowstate.embedTokens.create({ subject })
  return (await flowstate.embedTokens.list({ subject })).items[0]?.id ?? ''
}
const queued = async ({ flowstate, say }: World): Promise<string> => (await flowstate.tasks.create({ kind: 'queued', payload: { said: say('payload') } })).id
/** A task under a lease of the world's agent. */
const leased = async ({ flowstate, ids, say, key: named }: World): Promise<{ path: { id: string }; token: string }> => {
  const kind = named().toLowerCase()
  await flowstate.tasks.create({ kind, payload: { said: say('payload') } })
  const { tasks: [task] } = await flowstate.tasks.claim({ agentId: ids.agents, kinds: [kind] })
  return { path: { id: task?.id ?? '' }, token: task?.lease.token ?? '' }
}
const withToken = (more: (world: World) => object): Fixture => async (world) => {
  const { path, token } = await leased(world)
  return { path, body: { token, ...more(world) } }
}
const cancelled = async (world: World): Promise<string> => {
  const id = await queued(world)
  await world.flowstate.tasks.cancel(id)
  return id
}
const paused = async (world: World): Promise<string> => {
  const id = await queued(world)
  await world.flowstate.tasks.pause(id)
  return id
}
const file = async ({ flowstate, say }: World): Promise<string> => (await flowstate.files.upload(say('content'), { name: say('file') })).id
const mapping = async ({ flowstate, say }: World): Promise<string> => (await flowstate.imports.mappings.create({ noun: 'deals', name: say('mapping'), settings: {} })).id
const invitation = ({ flowstate, key: named }: World) => flowstate.invitations.create({ email: `${named()}@people.example` })
const member = async ({ flowstate, key: named, say }: World): Promise<string> => (await flowstate.members.create({ email: `${named()}@people.example`, name: say('member') })).id

const standing = (noun: keyof World['ids']): Fixture => ({ ids }) => ({ path: { id: ids[noun] } })
const made = (make: (world: World) => Promise<string>, body?: (world: World) => unknown): Fixture => async (world) => ({ path: { id: await make(world) }, ...(body ? { body: body(world) } : {}) })
const nothing: Fixture = () => ({})

/** What makes each operation succeed, for whoever may. An operation that has none here fails the matrix. */
export const FIXTURES: Record<string, Fixture> = {
  ...RECORD_FIXTURES,

  'members.list': nothing, 'members.retrieve': standing('members'), 'members.create': ({ key: named, say }) => ({ body: { email: `${named()}@people.example`, name: say('member') } }), 'members.update': made(member, ({ say }) => ({ name: say('member') })), 'members.archive': made(member),
  'invitations.list': nothing, 'invitations.create': ({ key: named }) => ({ body: { email: `${named()}@people.example` } }), 'invitations.revoke': made(async (world) => (await invitation(world)).id),
  'invitations.accept': async (world) => ({ headers: {}, body: { token: new URL((await invitation(world)).url).searchParams.get('invitation'), name: world.say('newcomer'), password: PASSWORD } }),
  'session.retrieve': ({ owner }) => ({ headers: owner }),
  'audit.list': nothing, 'stats.retrieve': nothing, 'whoami.retrieve': nothing, 'realtime.ticket': nothing, 'ai.kinds': nothing,
  'changes.list': () => ({ query: { since: '0', limit: '200' } }),
  'search.query': ({ word }) => ({ query: { q: word, limit: '200' } }),

  'changesets.list': nothing, 'changesets.retrieve': standing('changesets'), 'changesets.changes': standing('changesets'), 'changesets.conflicts': standing('changesets'),
  'changesets.apply': made(proposal), 'changesets.reject': made(proposal, ({ say }) => ({ reason: say('reason') })), 'changesets.revert': made(changeSet),

  'actions.list': ({ ids }) => ({ query: { subjectId: ids.deals } }), 'actions.generate': ({ ids }) => ({ body: { dealId: ids.deals } }), 'actions.retrieve': standing('actions'), 'actions.receipt': standing('actions'),
  'actions.accept': made(anAction), 'actions.dismiss': made(anAction, ({ say }) => ({ reason: say('reason') })), 'actions.snooze': made(anAction, () => ({ until: '2031-01-01T00:00:00Z' })),
  'actions.outcome': async (world) => {
    const id = await anAction(world)
    await world.flowstate.actions.accept(id)
    return { path: { id }, body: { result: 'succeeded', note: world.say('note') } }
  },
  'ai.run': ({ ids }) => ({ path: { kind: 'next-best-actions' }, body: { dealId: ids.deals } }),

  'agents.list': nothing, 'agents.retrieve': standing('agents'), 'agents.register': ({ say }) => ({ body: { name: say('agent'), kinds: ['research'], description: say('agent') } }), 'agents.heartbeat': ({ ids, say }) => ({ path: { id: ids.agents }, body: { message: say('message') } }),
  'tasks.list': nothing, 'tasks.retrieve': standing('tasks'), 'tasks.create': ({ say }) => ({ body: { kind: 'queued', payload: { said: say('payload') }, orderKey: say('order') } }),
  'tasks.claim': async (world) => {
    await queued(world)
    return { body: { agentId: world.ids.agents, kinds: ['queued'] } }
  },
  'tasks.heartbeat': withToken(({ say }) => ({ message: say('message'), progress: 0.5 })), 'tasks.complete': withToken(({ say }) => ({ result: { said: say('result') } })), 'tasks.fail': withToken(({ say }) => ({ error: say('error'), retry: false })),
  'tasks.pause': made(queued), 'tasks.cancel': made(queued), 'tasks.resume': made(paused), 'tasks.retry': made(cancelled),

  'imports.list': nothing, 'imports.retrieve': standing('imports'), 'imports.rejects': standing('imports'), 'imports.diff': standing('imports'),
  'imports.upload': ({ say }) => ({ query: { noun: 'companies', mode: 'detect', name: say('file') }, text: `name\n${say('imported')}\n`, type: 'text/csv' }),
  'imports.settings': made(anImport, () => ({ country: 'DE' })), 'imports.rehearse': made(anImport), 'imports.run': made(anImport),
  'importMappings.list': nothing, 'importMappings.retrieve': standing('importMappings'), 'importMappings.create': ({ say }) => ({ body: { noun: 'deals', name: say('mapping'), settings: { map: { [say('column')]: 'title' } } } }), 'importMappings.update': made(mapping, ({ say }) => ({ name: say('mapping') })), 'importMappings.archive': made(mapping),

  'duplicates.list': ({ ids }) => ({ query: { leftId: ids.customers } }), 'duplicates.retrieve': standing('duplicates'), 'duplicates.dismiss': made(aPair),
  'duplicates.reopen': async (world) => {
    const id = await aPair(world)
    await world.flowstate.duplicates.dismiss(id)
    return { path: { id } }
  },
  'duplicates.propose': () => ({ body: { noun: 'customers', minScore: 0.99, limit: 1 } }),
  'exports.stream': () => ({ path: { noun: 'customers' }, query: { format: 'jsonl', names: 'true', archived: 'any' } }),

  'keys.list': nothing, 'keys.create': ({ say }) => ({ body: { name: say('key'), scopes: ['crm:read'] } }), 'keys.createForAgent': ({ ids, say }) => ({ path: { id: ids.agents }, body: { name: say('token') } }), 'keys.rotate': made(key, () => ({ graceSeconds: 0 })), 'keys.revoke': made(key),
  'webhooks.list': nothing, 'webhooks.retrieve': standing('webhooks'), 'webhooks.create': ({ receiverUrl, word, say }) => ({ body: { url: `${receiverUrl}/${word}`, description: say('webhook'), events: [{ noun: 'views' }] } }), 'webhooks.update': made(webhook, ({ say }) => ({ description: say('webhook') })), 'webhooks.archive': made(webhook), 'webhooks.rotate': made(webhook), 'webhooks.test': standing('webhooks'),
  'deliveries.list': ({ ids }) => ({ query: { webhookId: ids.webhooks } }), 'deliveries.retrieve': standing('deliveries'), 'deliveries.replay': standing('deliveries'),

  'embedTokens.list': nothing, 'embedTokens.create': ({ say, ids }) => ({ body: { subject: say('subject'), records: { customers: [ids.customers], companies: [ids.companies] } } }), 'embedTokens.revoke': made(session),
  'embedTokens.code': ({ owner, workspaceId }) => ({ headers: owner, body: { origin: PAGE, challenge: createHash('sha256').update('verifier').digest('base64url'), workspaceId } }),
  'embedTokens.exchange': async (world) => ({ headers: { origin: PAGE }, body: await codeOf(world) }),
  'embedTokens.refresh': async (world) => ({ headers: { origin: PAGE }, body: { refresh: (await pageOf(world)).refresh } }), 'embedTokens.end': async (world) => ({ headers: { origin: PAGE }, body: { refresh: (await pageOf(world)).refresh } }),
  'embedTokens.revokeAll': nothing,

  'files.list': nothing, 'files.retrieve': standing('files'), 'files.content': standing('files'), 'files.upload': ({ say }) => ({ query: { name: say('file') }, text: say('content'), type: 'text/plain' }), 'files.archive': made(file),
  'files.restore': async (world) => {
    const id = await file(world)
    await world.flowstate.files.archive(id)
    return { path: { id } }
  },
  // By somebody who asks for nothing else: who belongs to two workspaces has to say which.
  'workspaces.create': async ({ test, workspaceId, key: named, say }) => {
    const name = named().toLowerCase().replaceAll(/[^a-z0-9]/g, '-')
    const email = `${name}.founder@people.example`
    await test.services.members.addAsOwner(workspaceId, { email, role: 'viewer', password: PASSWORD })
    return { headers: await signedIn(test, email), body: { slug: name, name: say('workspace') } }
  },
  'workspaces.retrieve': nothing, 'workspaces.update': ({ word }) => ({ body: { name: `${word} workspace` } }),
}

/** Made where a world begins, and once only: see `createWorld`. */
export const AT_THE_BEGINNING = ['session.setup']
export { freshRecord, type Asking }
