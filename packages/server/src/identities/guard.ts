import type { RateLimits } from '../http/rate-limits.ts'

/** Paths of better-auth's where a secret is guessed, and where a mail is sent for the asking. */
const GUESSED = /^\/(sign-in\/email|two-factor\/verify-(totp|otp|backup-code)|change-password|reset-password)$/
const MAILED = /^\/(request-password-reset|send-verification-email|two-factor\/send-otp)$/
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
  await limits.require('guesses', from)
  await limits.require('guess', who)
  return async (status) => {
    if (status < 400) return limits.forget('guess', who)
    await limits.count('guesses', from)
    await limits.count('guess', who)
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
