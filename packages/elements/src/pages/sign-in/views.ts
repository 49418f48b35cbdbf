import { html, nothing, type TemplateResult } from 'lit'
import type { View } from './facts.ts'
import { factorBody, factorKeyBody } from './second-factor.ts'
import { FIELDS, form, type Values } from './form.ts'
import type { SignInPage } from './sign-in-page.ts'
import { ROLES } from './words.ts'

type Of<Name extends View['name']> = Extract<View, { name: Name }>

/** A view's heading; its document is named so too. */
export const titleOf = (view: View): string => {
  if (view.name === 'said') return view.title
  if (view.name === 'join' || view.name === 'accept') return `Join ${view.invitation.workspace}`
  if (view.name === 'continue') return `Continue as ${view.session.person.name}`
  return TITLES[view.name]
}
const TITLES = {
  loading: 'Sign in', 'sign-in': 'Sign in', 'second-factor': 'One more step', forgot: 'Forgot your password?', reset: 'Choose a new password', setup: 'Make this server yours',
  factor: 'Second factor', 'factor-key': 'Set up your second factor', choose: 'Choose a workspace', account: 'You are signed in', 'new-workspace': 'Make a workspace',
}

/** What is below a view's heading. */
export const bodyOf = (page: SignInPage, view: View): TemplateResult => {
  const filled = (fields: Parameters<typeof form>[0]['fields'], submit: string, onSubmit: (values: Values) => Promise<unknown>) =>
    form({ fields, submit, busy: page.busy, faults: page.faults, onSubmit: (values) => void page.attempt(() => onSubmit(values)) })
  const link = (label: string, run: () => void) => html`<button class="link" type="button" @click=${run}>${label}</button>`
  const lead = (text: string | TemplateResult) => html`<p class="lead">${text}</p>`

  const provider = () => (page.facts.provider === null ? nothing : html`
    <button class="secondary provider" type="button" @click=${() => void page.attempt(() => page.goToProvider())}>Sign in with ${page.facts.provider}</button>`)
  const memberships = (session: Of<'account'>['session'], choose?: (workspaceId: string) => void) => html`
    <ul>${session.memberships.map(({ workspaceId, name, role }) => html`<li>${choose
      ? html`<button class="place" type="button" @click=${() => choose(workspaceId)}><span class="name" dir="auto">${name}</span><span class="role">${ROLES[role]}</span></button>`
      : html`<div class="place"><span class="name" dir="auto">${name}</span><span class="role">${ROLES[role]}</span></div>`}</li>`)}</ul>`

  switch (view.name) {
    case 'loading': return html`<div class="bones" role="status" aria-label="Loading"><span></span><span></span><span></span></div>`
    case 'sign-in': return html`
      ${view.lead === null ? nothing : lead(view.lead)}
      ${provider()}${page.facts.provider === null ? nothing : html`<p class="or">or</p>`}
      ${filled([FIELDS.email(view.email, view.fixed), FIELDS.password], 'Sign in', ({ email = '', password = '' }) => page.signIn(email, password))}
      <div class="below">${link('Forgot your password?', () => page.show({ name: 'forgot', email: page.typed('email') || view.email }))}</div>`
    case 'second-factor': return html`
      ${lead(view.backup ? 'Sign in with a backup code instead of your authenticator app.' : 'This account asks for a code besides the password.')}
      ${filled([view.backup ? FIELDS.backupCode : FIELDS.totp], 'Sign in', ({ code = '' }) => page.verify(code.trim(), view.backup))}
      <div class="below">
        ${link(view.backup ? 'Use the authenticator app' : 'Use a backup code', () => page.show({ name: 'second-factor', backup: !view.backup }))}
        ${link('Sign in as somebody else', () => page.show({ name: 'sign-in', email: '', fixed: false, lead: null }))}
      </div>`
    case 'forgot': return html`
      ${lead('We send you a link by which you choose a new one.')}
      ${filled([FIELDS.email(view.email)], 'Send the link', ({ email = '' }) => page.mailReset(email))}
      <div class="below">${link('Back to sign in', () => page.show({ name: 'sign-in', email: view.email, fixed: false, lead: null }))}</div>`
    case 'reset': return html`
      ${lead('You are signed out wherever you are signed in, and sign in with the new one.')}
      ${filled([FIELDS.newPassword], 'Set the password', ({ password = '' }) => page.resetPassword(view.token, password))}`
    case 'setup': return html`
      ${lead('Nobody owns it yet. Whoever fills this in is its first owner; the link works once.')}
      ${filled([FIELDS.name, FIELDS.email(), FIELDS.ownPassword, ...(view.workspaces.length === 1 ? [] : [view.workspaces.length === 0 ? FIELDS.slug : { ...FIELDS.slug, hint: `One of ${view.workspaces.map(({ slug }) => slug).join(', ')}.` }])],
        view.workspaces.length === 1 ? `Own ${view.workspaces[0]?.name}` : 'Make me its owner', (values) => page.setUp(view.token, values))}`
    case 'join': return html`
      ${lead(html`You are invited as <strong>${ROLES[view.invitation.role]}</strong>.`)}
      ${provider()}${page.facts.provider === null ? nothing : html`<p class="or">or</p>`}
      ${filled([FIELDS.email(view.invitation.email, true), FIELDS.name, FIELDS.ownPassword], 'Join', ({ name = '', password = '' }) => page.join(view.token, view.invitation.email, name, password))}`
    case 'accept': return html`
      ${lead(html`You are invited as <strong>${ROLES[view.invitation.role]}</strong>, and signed in as <strong>${view.session.person.email}</strong>.`)}
      <button class="primary" type="button" @click=${() => void page.attempt(() => page.accept(view.token))}>Join ${view.invitation.workspace}</button>
      <div class="below">${link('Sign out', () => void page.attempt(() => page.signOut()))}</div>`
    case 'continue': {
      const [only] = view.session.memberships.length === 1 ? view.session.memberships : []
      const choose = (workspaceId: string) => void page.attempt(() => page.handOver(workspaceId))
      return html`
        ${lead(html`<strong>${view.origin}</strong> will show and change for you what you may in ${only ? html`<strong>${only.name}</strong>` : 'the workspace that you choose'}, and administer nothing.`)}
        ${only ? html`<button class="primary" type="button" @click=${() => choose(only.workspaceId)}>Continue</button>` : memberships(view.session, choose)}
        <div class="below">${link('Sign in as somebody else', () => void page.attempt(() => page.signOut()))}</div>`
    }
    case 'choose': return html`
      ${lead(html`You are signed in as <strong>${view.session.person.email}</strong>.`)}
      ${memberships(view.session, (workspaceId) => page.goTo(view.next, workspaceId))}
      <div class="below">${link('Sign out', () => void page.attempt(() => page.signOut()))}</div>`
    case 'account': return html`
      ${lead(html`As <strong>${view.session.person.email}</strong>.`)}
      ${memberships(view.session)}
      <div class="below">
        ${view.session.person.emailVerified ? link('Make a workspace', () => page.show({ name: 'new-workspace', session: view.session })) : link('Confirm my e-mail address', () => void page.attempt(() => page.mailVerification(view.session.person.email)))}
        ${link('Second factor', () => page.show({ name: 'factor', session: view.session }))}
        ${link('Sign out', () => void page.attempt(() => page.signOut()))}
      </div>`
    case 'factor': return factorBody(page, view)
    case 'factor-key': return factorKeyBody(page, view)
    case 'new-workspace': return html`
      ${lead('You become its owner. It shares nothing with the others.')}
      ${filled([FIELDS.slug, FIELDS.workspaceName], 'Make it', ({ slug = '', workspaceName = '' }) => page.makeWorkspace(slug, workspaceName))}
      <div class="below">${link('Back', () => page.show({ name: 'account', session: view.session }))}</div>`
    case 'said': return html`
      ${lead(view.text)}
      <div class="below">${view.actions.map(({ label, run }) => link(label, run))}</div>`
  }
}
