import type { Change, ChangeOp } from '@flowstate-ai/sdk/contract'

const PAST: Record<ChangeOp, string> = { create: 'created', update: 'updated', archive: 'archived', restore: 'restored' }
export const TEST_TYPE = 'webhooks.test'

export const typeOf = ({ noun, op }: Pick<Change, 'noun' | 'op'>): string => `${noun}.${PAST[op]}`

/** The bytes of a message, by Standard Webhooks: what happened, when, the change with old and new values, and the record as it was when the message was made. */
export const messageOf = (change: Change, record: string | null): string =>
  `{"type":${JSON.stringify(typeOf(change))},"timestamp":${JSON.stringify(change.at)},"data":{"change":${JSON.stringify(change)},"record":${record ?? 'null'}}}`

export const testMessage = (webhookId: string, at: string): string =>
  JSON.stringify({ type: TEST_TYPE, timestamp: at, data: { webhookId } })
