import { clear, faultsOf, newWorkspace, until, type Workspace } from '../../internal/testing.ts'
import '../../define/flowstate-provider.ts'
import '../../define/flowstate-sign-in.ts'
import '../../define/flowstate-godmode.ts'
import type { FlowstateSignIn } from './sign-in.ts'

const check = (condition: unknown, message: string): void => { if (!condition) throw new Error(message) }

describe('<flowstate-sign-in>', () => {
  let workspace: Workspace
  let signIn: FlowstateSignIn
  let opened: { url: URL; frame: HTMLIFrameElement }[]
  const open = window.open
  /** A window that a test can close, and speak from. */
  const openFrame = (url?: string | URL): Window | null => {
    const frame = document.createElement('iframe')
    document.documentElement.append(frame)
    opened.push({ url: new URL(url ?? ''), frame })
    return frame.contentWindow
  }
  beforeEach(async () => {
    workspace = await newWorkspace()
    opened = []
    window.open = openFrame as typeof window.open
  })
  afterEach(() => {
    window.open = open
    for (const { frame } of opened) frame.remove()
    clear()
  })

  const put = (html: string, scheme = 'light'): void => {
    document.documentElement.style.setProperty('color-scheme', scheme)
    document.documentElement.lang = 'en'
    document.body.innerHTML = html
    signIn = document.querySelector('flowstate-sign-in') as FlowstateSignIn
  }
  const inProvider = (scheme?: string) => put(`<flowstate-provider base="${workspace.base}"><flowstate-sign-in></flowstate-sign-in><flowstate-godmode></flowstate-godmode></flowstate-provider>`, scheme)
  const textOf = (element: Element | null): string => element?.shadowRoot?.textContent?.replaceAll(/\s+/g, ' ').trim() ?? ''
  const godmode = () => textOf(document.querySelector('flowstate-godmode'))
  const press = async (name: string): Promise<void> => (await until(() => [...(signIn.shadowRoot?.querySelectorAll('button') ?? [])].find((button) => button.textContent === name))).click()
  const say = (data: unknown, { origin = new URL(workspace.base).origin, source = opened.at(-1)?.frame.contentWindow }: { origin?: string; source?: Window | null } = {}): void => { window.dispatchEvent(new MessageEvent('message', { data, origin, source: source ?? null })) }
  const code = () => workspace.code(opened.at(-1)?.url.searchParams.get('challenge') ?? '')
  const enter = async (): Promise<void> => {
    await press('Sign in')
    await until(() => opened.length > 0)
    say({ type: 'flowstate-sign-in', code: await code() })
    await until(() => textOf(signIn).includes('Signed in as Ada'))
  }

  for (const scheme of ['light', 'dark']) {
    it(`has nothing that axe would fault, ${scheme}`, async () => {
      inProvider(scheme)
      const sound = async () => {
        const faults = await faultsOf(signIn)
        check(faults.length === 0, faults.join('\n'))
      }
      await press('Sign in')
      await until(() => opened.length > 0)
      await sound()
      opened[0]?.frame.remove()
      await until(() => signIn.shadowRoot?.querySelector('[role=alert]'))
      await sound()
      await enter()
      await sound()
    })
  }

  it('opens the server\'s page for its own origin, with a challenge', async () => {
    inProvider()
    await press('Sign in')
    const { url } = await until(() => opened[0])
    check(url.origin + url.pathname === `${workspace.base}/sign-in`, url.href)
    check(url.searchParams.get('origin') === location.origin, 'it says who asks')
    check(/^[\w-]{43}$/.test(url.searchParams.get('challenge') ?? ''), 'it proves who asks')
  })

  it('makes what is beside it in the provider live, and blank again when the person signs out', async () => {
    const { agent } = await workspace.call<{ agent: { id: string } }>('POST', '/agents', { name: 'Researcher', kinds: ['research'] })
    check(agent.id, 'there is an agent')
    const told: unknown[] = []
    inProvider()
    document.body.addEventListener('flowstate-signed-in', ({ detail }) => told.push(detail.name))
    document.body.addEventListener('flowstate-signed-out', ({ detail }) => told.push(detail.reason))
    await until(() => godmode() === 'Sign in to see this.')
    await enter()
    await until(() => godmode().includes('Researcher'))
    await press('Sign out')
    await until(() => godmode() === 'Sign in to see this.')
    check(document.querySelector('flowstate-godmode')?.shadowRoot?.querySelector('.agent') === null, 'nothing is left of it')
    await enter()
    await until(() => godmode().includes('Researcher'))
    check(told.join() === 'Ada,asked,Ada', told.join())
  })

  it('serves the whole page where it stands in no provider', async () => {
    put(`<section><flowstate-sign-in base="${workspace.base}"></flowstate-sign-in></section><flowstate-godmode></flowstate-godmode>`)
    await until(() => godmode() === 'Sign in to see this.')
    await enter()
    await until(() => godmode().includes('No agent has signed on yet.'))
    await press('Sign out')
    await until(() => godmode() === 'Sign in to see this.')
  })

  it('believes its own window alone, from the server\'s origin alone', async () => {
    inProvider()
    await press('Sign in')
    await until(() => opened.length > 0)
    const message = { type: 'flowstate-sign-in', code: await code() }
    say(message, { origin: 'https://evil.example' })
    say(message, { origin: location.origin })
    say(message, { source: window })
    say({ type: 'other', code: message.code })
    say({ type: 'flowstate-sign-in' })
    say('flowstate-sign-in')
    await new Promise((resolve) => setTimeout(resolve))
    check(textOf(signIn).includes('Sign in in the window'), textOf(signIn))
    say(message)
    await until(() => textOf(signIn).includes('Signed in as Ada'))
  })

  it('says what is wrong: the window was blocked, was closed, or brought a code that is none', async () => {
    const errors: unknown[] = []
    inProvider()
    document.body.addEventListener('flowstate-error', ({ detail }) => errors.push(detail.error))
    window.open = () => null
    await press('Sign in')
    await until(() => textOf(signIn).includes('Allow pop-ups for this page'))
    window.open = openFrame as typeof window.open
    await press('Sign in')
    ;(await until(() => opened[0])).frame.remove()
    await until(() => textOf(signIn).includes('was closed before anybody had signed in'))
    await press('Sign in')
    await until(() => opened[1])
    say({ type: 'flowstate-sign-in', code: 'guessed' })
    await until(() => textOf(signIn).includes('Nobody was signed in: This code is unknown, used or over'))
    check(errors.length === 2, `${errors.length} errors were told`)
    await press('Sign in')
    await press('Cancel')
    await until(() => textOf(signIn) === 'Sign in')
  })

  it('says so when it is not told where to sign in', async () => {
    put('<flowstate-sign-in></flowstate-sign-in>')
    await press('Sign in')
    await until(() => textOf(signIn).includes('needs base'))
  })
})
