import { html, type TemplateResult } from 'lit'
import type { View } from './facts.ts'
import { FIELDS, form } from './form.ts'
import type { SignInPage } from './sign-in-page.ts'

type Of<Name extends View['name']> = Extract<View, { name: Name }>

const back = (page: SignInPage, { session }: { session: Of<'account'>['session'] }) =>
  html`<div class="below"><button class="link" type="button" @click=${() => page.show({ name: 'account', session })}>Back</button></div>`

/** Sets a second factor up, or takes it away: either for who knows the password. */
export const factorBody = (page: SignInPage, view: Of<'factor'>): TemplateResult => {
  const { session } = view
  const has = session.person.twoFactor
  const go = async (password: string): Promise<void> => {
    if (!has) return page.show({ name: 'factor-key', session, key: await page.identities.setUpFactor(password) })
    await page.identities.removeFactor(password)
    await page.tell('The second factor is taken away: the password alone signs you in.')
  }
  return html`
    <p class="lead">${has ? 'You are asked for a code besides your password. Taken away, the password alone signs you in.' : 'A code from an authenticator app is asked for besides your password, so that whoever learns the password is not in yet.'}</p>
    ${form({ fields: [FIELDS.password], submit: has ? 'Take it away' : 'Set it up', busy: page.busy, faults: page.faults, onSubmit: ({ password = '' }) => void page.attempt(() => go(password)) })}
    ${back(page, view)}`
}

/** The key for the app, the codes to keep, and a first code that shows that the app has it. */
export const factorKeyBody = (page: SignInPage, view: Of<'factor-key'>): TemplateResult => {
  const { uri, backupCodes } = view.key
  const key = new URL(uri).searchParams.get('secret') ?? ''
  return html`
    <p class="lead">Enter this key into your authenticator app, or <a href=${uri}>open it there</a>.</p>
    <p class="key" dir="ltr">${key.replaceAll(/(.{4})(?=.)/g, '$1 ')}</p>
    <p class="lead">Keep these backup codes where you will find them without your phone. Each signs you in once.</p>
    <ul class="codes" dir="ltr">${backupCodes.map((code) => html`<li>${code}</li>`)}</ul>
    ${form({ fields: [FIELDS.totp], submit: 'It is set up', busy: page.busy, faults: page.faults, onSubmit: ({ code = '' }) => void page.attempt(async () => {
      await page.identities.verify(code.trim(), false)
      await page.tell('The second factor is set up.')
    }) })}
    ${back(page, view)}`
}
