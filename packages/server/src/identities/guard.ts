import type { RateLimits } from '../http/rate-limits.ts'

/** Paths of better-auth's where a secret is guessed, and where a mail is sent for the asking. */
const GUESSED = /^\/(sign-in\/email|two-factor\/(verify-(totp|otp|backup-code)|enable|disable|get-totp-uri|generate-backup-codes)|change-password|verify-password|reset-password|delete-user)$/
const MAILED = /^\/(request-password-reset|send-verification-email|two-factor\/send-otp)$/
/** What better-auth answers to a wrong secret; anything else was no guess. */
const WRONG = [400, 401, 403]
const LONGEST_ADDRESS = 254

/**
 * Bounds what signing in lets anybody try. Wrong answers count, right ones don't, so that nobody is locked out by others who know their
 * address from another place. Answers what is to be told of the outcome.
 *
 * @throws AppError `rate_limited`
 */
export const guard = async (limits: RateLimits, path: string, request: Request, from: string): Promise<(status: number) => Promise<void>> => {
  if (request.method !== 'POST') return async () => undefined
  if (MAILED.test(path)) {
    await limits.consume('mails', from)
    await limits.consume('mail', await addressIn(request))
  }
  if (!GUESSED.test(path)) return async () => undefined
  const who = `${path}\n${from}\n${await addressIn(request)}`
  // Counted before it is looked at, or as many as come at once would be.
  await limits.consume('guess', who)
  await limits.consume('guesses', from)
  return async (status) => {
    if (WRONG.includes(status)) return
    await limits.giveBack('guesses', from)
    if (status < 400) await limits.forget('guess', who)
    else await limits.giveBack('guess', who)
  }
}

/** The address that a request is about, where it names one. */
export const addressIn = async (request: Request): Promise<string> => {
  try {
    const { email } = (await request.clone().json()) as { email?: unknown }
    return typeof email === 'string' ? email.slice(0, LONGEST_ADDRESS).toLowerCase() : ''
  } catch {
    return ''
  }
}
