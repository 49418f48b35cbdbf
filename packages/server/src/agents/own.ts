import { Forbidden } from '../errors.ts'
import type { Principal } from '../http/caller.ts'

/** An agent's token speaks for that agent alone. */
export const requireOwnAgent = ({ agent }: Pick<Principal, 'agent'>, agentId: string | null): void => {
  if (agent && agentId !== agent.id) throw new Forbidden(`This token is ${agent.name}'s alone, whose id is ${agent.id}.`)
}

/** And takes on the kinds of task that it was made for. */
export const requireOwnKinds = ({ agent }: Pick<Principal, 'agent'>, kinds: readonly string[]): void => {
  const strange = agent ? kinds.filter((kind) => !agent.kinds.includes(kind)) : []
  if (agent && strange.length > 0) throw new Forbidden(`This token of ${agent.name}'s is for ${agent.kinds.join(', ')}, and not for ${strange.join(', ')}.`)
}
