import type { SignedIn } from '@flowstate-ai/sdk'
import type { Facts, View } from './facts.ts'

/** To show something; to give the page that waits a code for a workspace; or to leave for another page of the server's. */
export type Step = { show: View } | { handOver: string } | { goTo: string; workspaceId: string }

interface Where {
  facts: Facts
  /** The query of the page's address. */
  asked: URLSearchParams
  /** Who is signed in; null: nobody. */
  session: SignedIn | null
  /** They have signed in just now, and go on without being asked. */
  justNow: boolean
  /** The page's own origin. */
  here: string
  deeds: { signOut(): void; confirm(email: string): () => void; goOn(): void }
}

/** What is to be done next, by what the address asks for and by who is signed in. */
export const nextStep = ({ facts: { base, page, setup, invitation }, asked, session, justNow, here, deeds }: Where): Step => {
  const goOn = { label: session ? 'Go on' : 'Sign in', run: deeds.goOn }
  const signOut = { label: 'Sign out', run: deeds.signOut }
  if (page && !page.allowed) return said('This page may not be signed in from', `${page.origin} is not among the pages that this server lets in. Whoever runs the server can add it to ALLOWED_ORIGINS.`)
  if (page && asked.get('challenge') === null) return said('This link is not whole', 'Go back to the page that you came from, and sign in there again.')

  const [setupToken, reset, invitationToken] = [asked.get('setup'), asked.get('reset'), asked.get('invitation')]
  if (setup === 'over') return said('This link was used', 'The server has an owner already, or was started anew since and printed another link.', goOn)
  if (setup !== null && setupToken !== null) return { show: { name: 'setup', token: setupToken, workspaces: setup } }
  if (reset !== null) return { show: { name: 'reset', token: reset } }
  if (invitation === 'over') return said('This invitation is over', 'It was accepted or taken back, or is older than seven days. Ask for a new one.', goOn)
  if (invitation !== null && invitationToken !== null) {
    if (session && session.person.email !== invitation.email) return said('This invitation is for somebody else', `It is for ${invitation.email}, and you are signed in as ${session.person.email}.`, signOut)
    if (session) return { show: { name: 'accept', token: invitationToken, invitation, session } }
    return { show: invitation.known ? { name: 'sign-in', email: invitation.email, fixed: true, lead: `To join ${invitation.workspace}.` } : { name: 'join', token: invitationToken, invitation } }
  }

  if (!session) return { show: { name: 'sign-in', email: '', fixed: false, lead: page ? `To use the CRM at ${page.origin}.` : null } }
  const { person: { email, emailVerified }, memberships } = session
  const [first] = memberships
  if (!first && emailVerified) return said('You belong to no workspace here', `Ask an admin to invite ${email}; or, if you were invited, open the link of the mail.`, signOut)
  if (!first) return said('You belong to no workspace here', `If you were added by your address, confirm that ${email} is yours.`, { label: 'Confirm my e-mail address', run: deeds.confirm(email) }, signOut)
  if (page) return justNow && memberships.length === 1 ? { handOver: first.workspaceId } : { show: { name: 'continue', session, origin: page.origin } }
  const next = ownPage(asked.get('next'), here, base)
  if (next === null) return { show: { name: 'account', session } }
  return memberships.length === 1 ? { goTo: next, workspaceId: first.workspaceId } : { show: { name: 'choose', session, next } }
}

const said = (title: string, text: string, ...actions: { label: string; run(): void }[]): Step => ({ show: { name: 'said', title, text, actions } })

/** Where to go once somebody is signed in: a page of this server's, below its base path; null: nowhere, or elsewhere. */
const ownPage = (next: string | null, here: string, base: string): string | null => {
  if (next === null) return null
  const url = URL.parse(next, here)
  // A path that begins with two slashes would be read as another host's address.
  return url?.origin === here && url.pathname.startsWith(`${base}/`) && !url.pathname.startsWith('//') ? url.pathname + url.search + url.hash : null
}
