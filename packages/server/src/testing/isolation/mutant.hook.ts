import { registerHooks } from 'node:module'

/** A predicate that keeps a statement within its caller's workspace, as stores write it. */
const PREDICATE = /\beq\((?:\w+\.)*\w+\.workspaceId, (?:sql\.placeholder\('workspaceId'\)|(?:\w+\.)?workspaceId)\)/g

const mutant = process.env.FLOWSTATE_MUTANT
if (!mutant) throw new Error('FLOWSTATE_MUTANT names the store, such as tasks/tasks.store.ts.')

/** Takes the workspace out of one store's statements as its source is loaded: what is left is what a careless change would leave. */
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (!url.endsWith(`/src/${mutant}`)) return loaded
    const source = String(loaded.source instanceof Uint8Array ? Buffer.from(loaded.source) : loaded.source)
    const mutated = source.replaceAll(PREDICATE, 'undefined')
    if (mutated === source) throw new Error(`${mutant} has no predicate to take out.`)
    return { ...loaded, source: mutated }
  },
})
