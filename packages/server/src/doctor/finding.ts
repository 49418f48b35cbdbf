/** `wrong` keeps something from working, or leaves it open; `warning` is to be looked at; `unknown` could not be looked at. */
export type FindingState = 'ok' | 'warning' | 'wrong' | 'unknown'
export interface Finding {
  check: string
  state: FindingState
  /** What was found, in one sentence. */
  says: string
  /** What mends it, where something is to be mended. */
  mend?: string
}

export const ok = (check: string, says: string): Finding => ({ check, state: 'ok', says })
export const warning = (check: string, says: string, mend: string): Finding => ({ check, state: 'warning', says, mend })
export const wrong = (check: string, says: string, mend: string): Finding => ({ check, state: 'wrong', says, mend })
export const unknown = (check: string, says: string): Finding => ({ check, state: 'unknown', says })

const PATIENCE_MS = 15_000

/** What a check finds; that it broke off, or did not come to an end, where it does not. */
export const findingsOf = async (check: string, look: () => Promise<Finding[]> | Finding[]): Promise<Finding[]> => {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<Finding[]>((resolve) => { timer = setTimeout(() => resolve([unknown(check, `This could not be looked at within ${PATIENCE_MS / 1_000} seconds.`)]), PATIENCE_MS) })
  try {
    return await Promise.race([Promise.resolve().then(look), over])
  } catch (error) {
    return [unknown(check, `This could not be looked at: ${causeOf(error)}`)]
  } finally {
    clearTimeout(timer)
  }
}

/** What an error says, down to its cause: the outermost of `fetch` and of a database's client says nothing. */
export const causeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0])
  return error.cause instanceof Error ? causeOf(error.cause) : error.message || String((error as { code?: string }).code ?? error.name)
}
