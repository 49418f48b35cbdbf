import { type Admission, CLOSE } from '@flowstate-ai/sdk/contract'

/** Where a server answers what a ticket admits to, below `/api/v1`. Asked with `PARTYKIT_SECRET` as bearer. */
export const REDEEM_PATH = '/realtime/redeem'

export type Admitted = { admission: Admission } | { code: number; reason: string }

/** Admits whoever holds a ticket for this room; redeeming it uses it up. */
export const admit = async (roomId: string, ticket: string | null, redeem: (ticket: string) => Promise<Admission | null>): Promise<Admitted> => {
  const admission = ticket === null || ticket === '' ? null : await redeem(ticket)
  if (!admission) return { code: CLOSE.unauthenticated, reason: 'The ticket is unknown, used, or over; get another.' }
  if (admission.workspaceId !== roomId) return { code: CLOSE.forbidden, reason: 'The ticket is for another room.' }
  return { admission }
}

/** For a host that is not the server: asks the server over HTTP. Anything but an admission admits nobody. */
export const redeemOverHttp = (serverUrl: string, secret: string) => async (ticket: string): Promise<Admission | null> => {
  const response = await fetch(`${serverUrl.replace(/\/+$/, '')}/api/v1${REDEEM_PATH}`, {
    method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }, body: JSON.stringify({ ticket }),
  })
  return response.ok ? ((await response.json()) as Admission | null) : null
}

/** Compared in a time that tells nothing of where they differ. */
export const sameSecret = (left: string, right: string): boolean => {
  const encoder = new TextEncoder()
  const [a, b] = [encoder.encode(left), encoder.encode(right)]
  let difference = a.length ^ b.length
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index % Math.max(1, b.length)] ?? 0)
  return difference === 0 && left.length > 0
}
