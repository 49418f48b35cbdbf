import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

export interface ProviderAccount { email: string; verified: boolean; name?: string }

/** A real OpenID provider on loopback. Whoever types one of the logins, with any password, is that account. */
export const openProvider = async (accounts: Record<string, ProviderAccount>) => {
  let answer: ReturnType<Provider['callback']> = (_request, response) => { response.writeHead(503).end() }
  const http = createServer((request, response) => answer(request, response))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  const issuer = `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`
  const client = { clientId: 'flowstate', clientSecret: randomBytes(24).toString('base64url') }
  return {
    oidc: { issuer, ...client },
    /** Once the server's address is known, to which it sends people back. */
    open(server: string): void {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
      const provider = new Provider(issuer, {
        clients: [{ client_id: client.clientId, client_secret: client.clientSecret, redirect_uris: [`${server}/api/v1/auth/callback/oidc`] }],
        claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
        findAccount: (_context: unknown, login: string) => {
          const account = accounts[login]
          return account && { accountId: login, claims: () => ({ sub: login, email: account.email, email_verified: account.verified, name: account.name ?? login }) }
        },
        cookies: { keys: [randomBytes(24).toString('hex')] },
        jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'test' }] },
        ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
        pkce: { required: () => true },
      })
      answer = provider.callback()
    },
    close: () => new Promise<void>((resolve) => {
      http.closeAllConnections()
      http.close(() => resolve())
    }),
  }
}
