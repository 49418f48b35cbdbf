import { Forbidden } from '../errors.ts'
import type { Principal } from '../http/caller.ts'

/** An agent's token speaks for that agent alone. */
export const requireOwnAgent = (principal: Principal, agentId: string | null): void => {
  if (principal.kind === 'agent' && agentId !== principal.agent.id) throw new Forbidden(`This token is ${principal.agent.name}'s alone, whose id is ${principal.agent.id}.`)
}

/** And takes on the kinds of task that it was made for. */
export const requireOwnKinds = (principal: Principal, kinds: readonly string[]): void => {
  if (principal.kind !== 'agent') return
  const { agent } = principal
  const strange = kinds.filter((kind) => !agent.kinds.includes(kind))
  if (strange.length > 0) throw new Forbidden(`This token of ${agent.name}'s is for ${agent.kinds.join(', ')}, and not for ${strange.join(', ')}.`)
}
