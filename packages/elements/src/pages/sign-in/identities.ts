import type { SecondFactorKey } from './facts.ts'
import { TROUBLES } from './words.ts'

/** What better-auth, or the server in front of it, refused. */
export class IdentityError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

interface Refusal { code?: string; message?: string; detail?: string; requestId?: string }

/** Signing in and out, as better-auth serves it below the server's base path. */
export const createIdentityClient = (base: string) => {
  const ask = async <Answer>(path: string, body?: object): Promise<Answer> => {
    let response: Response
    try {
      response = await fetch(`${base}/api/v1/auth${path}`, body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    } catch {
      throw new IdentityError('connection', 'The server cannot be reached. Look at your connection, then try again.')
    }
    const answer = (await response.json().catch(() => ({}))) as Answer & Refusal
    if (response.ok) return answer
    const code = answer.code ?? String(response.status)
    throw new IdentityError(code, TROUBLES[code] ?? answer.detail ?? answer.message ?? `The server answered ${response.status}. Try again.`)
  }

  return {
    /** Answers whether a second factor is asked for besides. */
    signIn: async (email: string, password: string): Promise<boolean> => (await ask<{ twoFactorRedirect?: boolean }>('/sign-in/email', { email, password })).twoFactorRedirect === true,
    verify: (code: string, backup: boolean): Promise<unknown> => ask(`/two-factor/${backup ? 'verify-backup-code' : 'verify-totp'}`, { code }),
    /** Answers where the provider asks who they are; it sends them back to this page. */
    async atProvider(): Promise<string> {
      const back = location.pathname + location.search
      return (await ask<{ url: string }>('/sign-in/social', { provider: 'oidc', callbackURL: back, errorCallbackURL: back, disableRedirect: true })).url
    },
    setUpFactor: async (password: string): Promise<SecondFactorKey> => {
      const { totpURI, backupCodes } = await ask<{ totpURI: string; backupCodes: string[] }>('/two-factor/enable', { password })
      return { uri: totpURI, backupCodes }
    },
    removeFactor: (password: string): Promise<unknown> => ask('/two-factor/disable', { password }),
    signOut: (): Promise<unknown> => ask('/sign-out', {}),
    mailReset: (email: string): Promise<unknown> => ask('/request-password-reset', { email }),
    resetPassword: (token: string, newPassword: string): Promise<unknown> => ask('/reset-password', { token, newPassword }),
    mailVerification: (email: string): Promise<unknown> => ask('/send-verification-email', { email }),
    verifyAddress: (token: string): Promise<unknown> => ask(`/verify-email?token=${encodeURIComponent(token)}`),
  }
}
