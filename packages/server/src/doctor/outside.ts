import type { Env } from '../env.ts'
import { partyTarget } from '../realtime/partykit.ts'
import { causeOf, type Finding, ok, warning, wrong } from './finding.ts'

const PATIENCE_MS = 8_000

/** Whether the mail server takes mail from us: it is greeted and signed in to, and nothing is sent. */
export const mailReachable = async ({ options: { smtpUrl }, exposed }: Env): Promise<Finding[]> => {
  if (!smtpUrl) return [exposed ? warning('mail', 'SMTP_URL is not set: invitations and links for a new password stand in the log instead of being sent.', 'Set SMTP_URL=smtps://user:password@mail.example.com?from=crm@example.com') : ok('mail', 'SMTP_URL is not set: what would be sent stands in the log.')]
  const url = new URL(smtpUrl)
  if (!url.searchParams.has('from') && !decodeURIComponent(url.username).includes('@')) return [wrong('mail', 'SMTP_URL names no sender.', 'Append ?from=crm@example.com to it.')]
  url.searchParams.delete('from')
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({ url: url.href, connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS, socketTimeout: PATIENCE_MS })
  try {
    await transport.verify()
    return [ok('mail', `${url.host} takes mail from here.`)]
  } catch (error) {
    const refused = (error as { code?: string }).code === 'EAUTH'
    return [wrong('mail', `${url.host} does not take mail from here: ${causeOf(error)}.`, refused ? 'Correct the user and the password in SMTP_URL; characters such as @ and / in them are written %40 and %2F.' : 'See that SMTP_URL names the host and its port (smtps:// 465, smtp:// 587), and that this machine may connect to it.')]
  } finally {
    transport.close()
  }
}

interface Discovery { issuer?: string; authorization_endpoint?: string; token_endpoint?: string }

export const oidcReachable = async ({ options: { oidc } }: Env): Promise<Finding[]> => {
  if (!oidc) return [ok('sign-in', 'People sign in with passwords; no OIDC_ISSUER is set.')]
  const issuer = oidc.issuer.replace(/\/$/, '')
  const mend = 'See that OIDC_ISSUER is the address as the provider writes it, and that this machine may connect to it; people with passwords sign in meanwhile.'
  try {
    const response = await fetch(`${issuer}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(PATIENCE_MS) })
    if (!response.ok) return [wrong('sign-in', `${issuer} answers ${response.status} where an OpenID provider describes itself (/.well-known/openid-configuration).`, mend)]
    const found = (await response.json()) as Discovery
    if (found.issuer?.replace(/\/$/, '') !== issuer) return [wrong('sign-in', `${issuer} says that it is ${found.issuer ?? 'nobody'}.`, `Set OIDC_ISSUER=${found.issuer ?? 'https://…'}`)]
    if (!found.authorization_endpoint || !found.token_endpoint) return [wrong('sign-in', `${issuer} names no place to sign in at.`, mend)]
    return [ok('sign-in', `${issuer} is there. Whether it knows this client shows when somebody signs in.`)]
  } catch (error) {
    return [wrong('sign-in', `${issuer} cannot be reached: ${causeOf(error)}.`, mend)]
  }
}

/** Whether the room elsewhere takes what we would tell it: nothing. */
export const roomReachable = async ({ options: { party } }: Env): Promise<Finding[]> => {
  if (!party) return [ok('room', 'It is part of the server.')]
  try {
    await partyTarget(party)('doctor', [])
    return [ok('room', `${party.host} takes what it is told.`)]
  } catch (error) {
    return [wrong('room', `Changes cannot be told to the room: ${causeOf(error)}`, 'See that it runs (npm run party:serve), that PARTYKIT_HOST names it, and that PARTYKIT_SECRET is the same there. Pages ask the server again and again meanwhile.')]
  }
}
