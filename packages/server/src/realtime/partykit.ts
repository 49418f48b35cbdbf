import type { RelayAnswer } from '@flowstate-ai/sdk/contract'
import type { RelayTarget } from './relay.ts'

const TIMEOUT_MS = 5_000

/** Rooms on PartyKit or workerd: the relay posts to the room's own path. */
export const partyTarget = ({ host, secret }: { host: string; secret: string }): RelayTarget => async (workspaceId, messages) => {
  const base = /^https?:/.test(host) ? host : `https://${host}`
  const response = await fetch(`${base.replace(/\/+$/, '')}/parties/main/${workspaceId}`, {
    method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }, body: JSON.stringify({ messages }), signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`The room at ${base} answered ${response.status}; is PARTYKIT_SECRET the same there?`)
  return ((await response.json()) as { answer: RelayAnswer }).answer
}
