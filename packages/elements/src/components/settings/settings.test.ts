import { sendKeys } from '@web/test-runner-commands'
import type { EmbedSession, Invitation, Key, Member, Page, RegisteredAgent, Role, Webhook } from '@flowstate-ai/sdk'
import { clear, faultsOf, newWorkspace, personOf, show, until, type Workspace } from '../../internal/testing.ts'
import '../../define/flowstate-provider.ts'
import '../../define/flowstate-settings.ts'
import { SECTIONS, type SectionName, type SettingsChange } from './section.ts'
import type { FlowstateSettings } from './settings.ts'

const check = (condition: unknown, message: string): void => { if (!condition) throw new Error(message) }
const same = (actual: unknown, expected: unknown, message = ''): void => check(JSON.stringify(actual) === JSON.stringify(expected), `${message} expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)

describe('<flowstate-settings>', () => {
  let workspace: Workspace
  let settings: FlowstateSettings
  const root = () => settings.shadowRoot as ShadowRoot
  const all = <Found extends Element>(selector: string) => [...root().querySelectorAll<Found>(selector)]
  const textOf = (element: Element | null | undefined) => element?.textContent?.replaceAll(/\s+/g, ' ').trim() ?? ''
  const rows = () => all('.row').map(textOf)
  const row = (name: string) => all('.row').find((each) => textOf(each.querySelector('.name')) === name)
  const dialog = () => root().querySelector('dialog')
  const spoken = () => textOf(root().querySelector('[aria-live]'))
  const button = (name: string, within: ParentNode = root()) => [...within.querySelectorAll('button')].find((each) => (each.getAttribute('aria-label') ?? textOf(each)) === name)
  const press = async (name: string) => (await until(() => button(name))).click()
  const agree = async (name: string) => (await until(() => { const open = dialog(); return open?.open && button(name, open) })).click()
  const type = async (name: string, value: string) => { (await until(() => dialog()?.querySelector<HTMLInputElement>(`[name="${name}"]`))).value = value }
  const tick = async (name: string, value: string) => (await until(() => dialog()?.querySelector<HTMLInputElement>(`[name="${name}"][value="${value}"]`))).click()
  /** What is told once; then closes it. */
  const secret = async (): Promise<string> => {
    const { value } = await until(() => root().querySelector<HTMLInputElement>('.secret input'))
    await agree('I have it')
    await until(() => dialog() === null)
    return value
  }
  const everything = () => [...root().querySelectorAll('*')].flatMap((each) => [each.outerHTML, (each as HTMLInputElement).value ?? '']).join('\n')

  const open = async (section: SectionName, role: Role = 'owner', { scheme = 'light', fetch }: { scheme?: string; fetch?: typeof globalThis.fetch } = {}) => {
    const { client } = await personOf(workspace, role, fetch)
    document.documentElement.style.setProperty('color-scheme', scheme)
    document.documentElement.lang = 'en'
    settings = document.createElement('flowstate-settings')
    settings.client = client
    settings.section = section
    document.body.append(settings)
    await until(() => root()?.querySelector('[role="tabpanel"] :is(.rows, .nothing, .lock, .trouble)'))
  }
  const seed = async () => {
    await workspace.call('POST', '/invitations', { email: 'newcomer@acme.example' })
    const { agent } = await workspace.call<RegisteredAgent>('POST', '/agents', { name: 'Researcher', kinds: ['research', 'enrich'] })
    await workspace.call('POST', `/agents/${agent.id}/tokens`, {})
    const { id } = await workspace.call<Webhook>('POST', '/webhooks', { url: 'https://hooks.example.com/in', description: 'Warehouse' })
    await workspace.call('POST', `/webhooks/${id}/test`)
    await workspace.call('POST', '/embed-tokens', { subject: 'u-17' })
  }
  beforeEach(async () => { workspace = await newWorkspace() })
  afterEach(clear)

  for (const scheme of ['light', 'dark']) {
    it(`has nothing that axe would fault in any section, ${scheme}`, async () => {
      await seed()
      await open('members', 'owner', { scheme })
      for (const section of SECTIONS) {
        settings.section = section
        await until(() => textOf(root().querySelector('[aria-selected="true"]')) !== '' && root().querySelector('.rows'))
        if (section === 'agents') await press('Tokens: Researcher')
        if (section === 'webhooks') await press('Deliveries: Warehouse')
        if (section === 'agents' || section === 'webhooks') await until(() => root().querySelector('.below .rows'))
        same(await faultsOf(settings), [], section)
      }
      settings.section = 'keys'
      await press('Create a key')
      await until(() => dialog()?.open)
      same(await faultsOf(settings), [], 'a dialog')
    })
  }

  it('invites a person by a link that is told once, and takes it back', async () => {
    await open('members')
    await press('Invite a person')
    await type('email', 'Newcomer@acme.example')
    await type('role', 'viewer')
    await agree('Invite')
    const link = await secret()
    check(/\/sign-in\?invitation=[\w-]{20,}$/.test(link), link)
    check(!everything().includes(link), 'the link is still in the page')
    check(row('newcomer@acme.example')?.textContent?.includes('Open'), rows().join())
    await press('Take back: newcomer@acme.example')
    await agree('Take back')
    await until(() => row('newcomer@acme.example')?.textContent?.includes('Taken back'))
    const { items: [invitation] } = await workspace.call<Page<Invitation>>('GET', '/invitations')
    check(invitation?.role === 'viewer' && invitation.revokedAt !== null, JSON.stringify(invitation))
  })

  it('changes a role, removes a member, and says what the server says of the last owner', async () => {
    const ada = await workspace.call<Member>('POST', '/members', { email: 'ada@acme.example', name: 'Ada <img src=x onerror=alert(1)>' })
    await open('members')
    check(root().querySelector('img') === null && row(ada.name), 'a name is text')
    await press(`Change: ${ada.name}`)
    await type('role', 'operator')
    await agree('Save')
    await until(() => row(ada.name)?.textContent?.includes('Operator'))
    same((await workspace.call<Member>('GET', `/members/${ada.id}`)).role, 'operator')
    await press(`Remove: ${ada.name}`)
    await agree('Remove')
    await until(() => !row(ada.name) && dialog() === null)
    check(spoken().includes('is removed'), spoken())
    // What was pressed is gone: the focus stays in the section.
    await until(() => root().activeElement === root().querySelector('[role="tabpanel"]'))
    await press('Remove: The owner')
    await agree('Remove')
    await until(() => textOf(root().querySelector('dialog [role="alert"]')).includes('This is the last owner of the workspace: make somebody else owner first.'))
    await sendKeys({ press: 'Escape' })
    await until(() => dialog() === null)
    check(row('The owner'), 'the owner is still there')
  })

  it('finds members by their address, and more of them page by page', async () => {
    for (let count = 0; count < 52; count++) await workspace.call('POST', '/members', { email: `m${count}@acme.example`, name: `Member ${String(count).padStart(2, '0')}` })
    await open('members')
    same(all('[aria-label="Members"] > .row').length, 50)
    await press('Show more')
    await until(() => all('[aria-label="Members"] > .row').length === 53)
    await until(() => root().activeElement === all('[aria-label="Members"] > .row')[50])
    check(spoken().startsWith('53 shown'), spoken())
    const field = root().querySelector('input[type="search"]') as HTMLInputElement
    field.value = 'm51@'
    field.dispatchEvent(new Event('input'))
    await until(() => rows().length === 1 && row('Member 51'))
  })

  it('makes a key of chosen scopes, end and strictness; rotates and revokes it', async () => {
    await open('keys')
    await press('Create a key')
    await type('name', 'Nightly export')
    await tick('scopes', 'crm:read')
    await agree('Create')
    check(dialog()?.querySelector<HTMLInputElement>('[name="scopes"]')?.validationMessage === 'Choose at least one.', 'a key without scopes')
    await tick('scopes', 'crm:write')
    await type('expiresAt', '2031-05-04')
    dialog()?.querySelector<HTMLInputElement>('[name="strict"]')?.click()
    await agree('Create')
    const value = await secret()
    check(value.startsWith('fsk_'), value)
    check(!everything().includes(value), 'the secret is still in the page')
    const list = () => workspace.call<Page<Key>>('GET', '/keys?name=Nightly%20export')
    const { items: [key] } = await list()
    same([key?.scopes, key?.strict, key?.expiresAt], [['crm:write'], true, new Date('2031-05-04T23:59:59').toISOString()])
    await press('Rotate: Nightly export')
    await type('graceSeconds', '3600')
    await agree('Rotate')
    check((await secret()) !== value, 'another secret')
    await until(() => rows().filter((text) => text.includes('Nightly export')).length === 2)
    check(rows().some((text) => /Nightly export.*Ends in (60 min\.|1 hr\.)/.test(text)), rows().join('\n'))
    await press('Revoke: Nightly export')
    await agree('Revoke')
    await until(() => rows().some((text) => text.startsWith('Nightly export Revoked')))
    same(spoken(), '“Nightly export” is revoked.')
    same((await list()).items.filter(({ revokedAt }) => revokedAt !== null).length, 1)
  })

  it('forgets a secret when it leaves the page while it is told', async () => {
    await open('keys')
    await press('Create a key')
    await type('name', 'Short-lived')
    await agree('Create')
    const { value } = await until(() => root().querySelector<HTMLInputElement>('.secret input'))
    settings.remove()
    await settings.updateComplete
    check(!everything().includes(value), 'the secret is still in the element')
  })

  it('shows an agent as it signs on', async () => {
    settings = show('flowstate-settings', workspace)
    settings.section = 'agents'
    await until(() => root()?.querySelector('.nothing'))
    await workspace.call('POST', '/agents', { name: 'Researcher', kinds: ['research'] })
    await until(() => row('Researcher')?.textContent?.includes('Idle'))
  })

  it('makes an agent\'s token for some of its kinds, and revokes it', async () => {
    await workspace.call('POST', '/agents', { name: 'Researcher', kinds: ['research', 'enrich'] })
    await open('agents')
    await press('Create a token: Researcher')
    await tick('kinds', 'enrich')
    await agree('Create')
    check((await secret()).startsWith('fsa_'), 'a token of an agent')
    await until(() => textOf(root().querySelector('.below .row')).includes('Takes research'))
    await press('Revoke: Researcher')
    await agree('Revoke')
    await until(() => textOf(root().querySelector('.below .chip')) === 'Revoked')
  })

  it('makes, changes, switches, tests, rotates and removes a webhook, and sends its deliveries again', async () => {
    await open('webhooks')
    await press('Create a webhook')
    await type('url', 'http://127.0.0.1/in')
    await agree('Create')
    await until(() => textOf(root().querySelector('.field-error')) !== '')
    await type('url', 'https://hooks.example.com/in')
    await tick('events', 'deals')
    await agree('Create')
    check((await secret()).startsWith('whsec_'), 'a signing secret')
    const url = 'https://hooks.example.com/in'
    const stored = async () => (await workspace.call<Page<Webhook>>('GET', '/webhooks')).items[0]
    same((await stored())?.events, [{ noun: 'deals' }])
    await press(`Change: ${url}`)
    await type('description', 'Warehouse')
    await agree('Save')
    await press('Send a test: Warehouse')
    await until(() => textOf(root().querySelector('.below .row')).includes('webhooks.test Waiting'))
    all<HTMLButtonElement>('.below .small')[0]?.click()
    await until(() => spoken() === 'It is sent again.')
    await press('Rotate: Warehouse')
    await agree('Rotate')
    check((await secret()).startsWith('whsec_'), 'another')
    await press('Switch off: Warehouse')
    await until(() => row('Warehouse')?.textContent?.includes('Off'))
    same((await stored())?.enabled, false)
    // A refusal that no dialog shows stands in the section.
    all<HTMLButtonElement>('.below .small')[0]?.click()
    await until(() => textOf(root().querySelector('.toast [role="alert"]')).includes('switched off'))
    await press('Remove: Warehouse')
    await agree('Remove')
    await until(() => textOf(root().querySelector('.nothing')).startsWith('No webhooks yet'))
  })

  it('keeps what a webhook is told of field by field', async () => {
    const events = [{ noun: 'deals', fields: ['stageId'] }]
    const { id } = await workspace.call<Webhook>('POST', '/webhooks', { url: 'https://hooks.example.com/in', events })
    await open('webhooks')
    await press('Change: https://hooks.example.com/in')
    await type('description', 'Warehouse')
    await agree('Save')
    await until(() => row('Warehouse'))
    same((await workspace.call<Webhook>('GET', `/webhooks/${id}`)).events, events)
  })

  it('ends one embed session, and all of them', async () => {
    for (const subject of ['u-1', 'u-2', 'u-3']) await workspace.call('POST', '/embed-tokens', { subject })
    await open('sessions')
    same(all('.row').length, 3)
    await press('End: u-2')
    await agree('End')
    await until(() => row('u-2')?.textContent?.includes('Revoked'))
    await press('End all')
    await agree('End all')
    await until(() => spoken() === 'Every embed session is ended.')
    const { items } = await workspace.call<Page<EmbedSession>>('GET', '/embed-tokens')
    same(items.filter(({ revokedAt }) => revokedAt === null).length, 0)
    same(all('.row .chip.good').length, 0)
  })

  it('tells what was done, newest first, by event, and to the beginning', async () => {
    for (let count = 0; count < 55; count++) await workspace.call('POST', '/members', { email: `m${count}@acme.example` })
    const key = await workspace.call<Key>('POST', '/keys', { name: 'Reader', scopes: ['crm:read'] })
    await open('audit')
    check(rows()[0]?.startsWith('keys.create') && rows()[0]?.includes(key.id), rows()[0] ?? '')
    same(all('.row').length, 50)
    await press('Show more')
    await until(() => all('.row').length === 56)
    check(rows().at(-1)?.includes('no. 1 '), rows().at(-1) ?? '')
    const field = root().querySelector('input[type="search"]') as HTMLInputElement
    field.value = 'keys.create'
    field.dispatchEvent(new Event('change'))
    await until(() => all('.row').length === 1)
  })

  it('shows who may not what they lack, and nothing to press', async () => {
    await open('members', 'viewer')
    check(textOf(root().querySelector('.lock')).includes('that needs the scope admin. You hold crm:read, agents:read.'), textOf(root().querySelector('.lock')))
    same(all('.row button').length, 0)
    check(!button('Invite a person'), 'a viewer invites nobody')
    for (const section of ['keys', 'webhooks', 'sessions', 'audit'] as const) {
      settings.section = section
      await until(() => textOf(root().querySelector('h3')) !== '' && root().querySelector(`[aria-labelledby="tab-${section}"] .lock`))
      same(all('[role="tabpanel"] button').length, 0, section)
    }
    // The token of a page holds no admin, whatever its role.
    clear()
    settings = show('flowstate-settings', workspace, { token: workspace.mint('Somebody', 'admin') })
    await until(() => root().querySelector('.lock a')?.getAttribute('href') === `${workspace.base}/admin`)
  })

  it('lets an admin change everybody but owners, and make none', async () => {
    await personOf(workspace, 'owner')
    await open('members', 'admin')
    same(row('The owner')?.querySelectorAll('button').length, 0)
    check(row('The owner')?.textContent?.includes('Owners are changed by owners alone.'), 'it says why')
    await press('Invite a person')
    await until(() => dialog()?.querySelector<HTMLOptionElement>('option[value="owner"]')?.disabled)
  })

  it('is walked through by keyboard', async () => {
    await open('members')
    all<HTMLElement>('[role="tab"]')[0]?.focus()
    const shown: string[] = []
    settings.addEventListener('flowstate-settings-section', ({ detail }) => shown.push(detail.section))
    await sendKeys({ press: 'ArrowDown' })
    await until(() => textOf(root().activeElement) === 'Keys')
    await sendKeys({ press: 'End' })
    await until(() => textOf(root().activeElement) === 'Audit log')
    await sendKeys({ press: 'ArrowRight' })
    await until(() => textOf(root().activeElement) === 'Members')
    same(shown, ['keys', 'audit', 'members'])
    button('Invite a person')?.focus()
    await sendKeys({ press: 'Enter' })
    await until(() => (root().activeElement as HTMLInputElement | null)?.name === 'email')
    await sendKeys({ press: 'Escape' })
    await until(() => dialog() === null)
    same(textOf(root().activeElement), 'Invite a person')
  })

  it('asks the host before it acts, tells it after, and says its words', async () => {
    await workspace.call('POST', '/keys', { name: 'Kept', scopes: ['crm:read'] })
    await open('keys')
    settings.labels = { newKey: 'Neuer Schlüssel' }
    await until(() => button('Neuer Schlüssel'))
    const before: SettingsChange[] = []
    const after: SettingsChange[] = []
    settings.addEventListener('flowstate-settings-change', (event) => {
      before.push(event.detail)
      if (before.length === 1) event.preventDefault()
    })
    settings.addEventListener('flowstate-settings-changed', ({ detail }) => after.push(detail))
    await press('Revoke: Kept')
    await agree('Revoke')
    await until(() => dialog() === null)
    same([before.length, after], [1, []])
    const { items: [key] } = await workspace.call<Page<Key>>('GET', '/keys?name=Kept')
    same(key?.revokedAt, null)
    await press('Revoke: Kept')
    await agree('Revoke')
    await until(() => after.length === 1)
    same(after, [{ operation: 'keys.revoke', id: key?.id }])
  })

  it('says what went wrong, and tries again when told to', async () => {
    let broken = false
    await open('members', 'owner', { fetch: async (input, init) => (broken && String(input).includes('/keys') ? Promise.reject(new TypeError('the network is down')) : globalThis.fetch(input, init)) })
    broken = true
    const told = new Promise<unknown>((resolve) => settings.addEventListener('flowstate-error', ({ detail }) => resolve(detail.error), { once: true }))
    settings.section = 'keys'
    await until(() => textOf(root().querySelector('.trouble')).includes('the network is down'))
    check((await told) instanceof Error, 'the host is told too')
    broken = false
    await press('Try again')
    await until(() => root().querySelector('.rows, .nothing'))
  })
})
