import { z } from 'zod'

/** What becomes of a write of CRM data: done; kept as a proposal that waits for a decision; or thought through and thrown away. */
export type WriteMode = 'apply' | 'propose' | 'rehearse'

export const modeParameter = {
  mode: z.enum(['propose', 'rehearse']).optional().describe('`propose` keeps the change set for a decision and answers it with 202; `rehearse` answers the same with 200 and keeps nothing. Default: it is done.'),
}
/** The query of a write that takes no other parameter. */
export const WriteQuery = z.strictObject(modeParameter)
