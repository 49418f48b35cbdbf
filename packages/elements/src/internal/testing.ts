import type { run } from 'axe-core'
import 'axe-core'
import type { Pipeline, Role } from '@flowstate-ai/sdk'
import { Flowstate } from '@flowstate-ai/sdk'

/** Its script sets a global. */
declare const axe: { run: typeof run }

/** A workspace of a test's own on the real server, and a client that stands for somebody else. */
export const newWorkspace = async () => {
  const slug = `t${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`
  const { base } = (await (await fetch(`/test/workspace?slug=${slug}`, { method: 'POST' })).json()) as { base: string }
  const mint = (as = 'Tester', role = 'admin') => `/test/mint?slug=${slug}&as=${as}&role=${role}`
  const other = new Flowstate({ baseUrl: base, getToken: async () => (await fetch(mint('Other'), { method: 'POST' })).json() as Promise<{ token: string; expiresIn: number }> })
  /** A call with the workspace's secret key, as its server would make it. */
  const call = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const text = await (await fetch(`/test/call?slug=${slug}&request=${encodeURIComponent(JSON.stringify({ method, path, body }))}`, { method: 'POST' })).text()
    return JSON.parse(text === '' ? 'null' : text) as Answer
  }
  /** What the server's page gives the page that opened it, once somebody has signed in there. */
  const code = async (challenge: string): Promise<string> =>
    ((await (await fetch(`/test/code?${new URLSearchParams({ slug, challenge, origin: location.origin })}`, { method: 'POST' })).json()) as { code: string }).code
  return { slug, base, mint, other, call, code }
}
export type Workspace = Awaited<ReturnType<typeof newWorkspace>>

export const withDeals = async ({ other }: Workspace, perStage: number[]): Promise<Pipeline> => {
  const pipeline = await other.pipelines.create({ name: 'Sales' })
  const company = await other.companies.create({ name: 'Kestrel Freight' })
  for (const [index, count] of perStage.entries()) {
    for (let deal = 0; deal < count; deal++) await other.deals.create({ title: `Deal ${index}.${deal}`, stageId: pipeline.stages[index]?.id, companyId: company.id, value: { amount: 100_000 * (deal + 1), currency: 'EUR' }, expectedCloseDate: '2030-01-15' })
  }
  return pipeline
}

/** Puts an element of this tag into a page of its own colours. */
export const show = <Tag extends keyof HTMLElementTagNameMap>(tag: Tag, { base, mint }: Workspace, { scheme = 'light', token = mint() } = {}): HTMLElementTagNameMap[Tag] => {
  document.documentElement.style.setProperty('color-scheme', scheme)
  document.documentElement.lang = 'en'
  const provider = document.createElement('flowstate-provider')
  provider.base = base
  provider.token = token
  const element = document.createElement(tag)
  provider.append(element)
  document.body.append(provider)
  return element
}

/** Somebody who is signed in, in this workspace, and a client as a page of the server's own has it. */
export const personOf = async ({ slug }: Workspace, role: Role, fetch?: typeof globalThis.fetch) => {
  const { id } = (await (await globalThis.fetch(`/test/person?slug=${slug}&role=${role}`, { method: 'POST' })).json()) as { id: string }
  return { client: new Flowstate({ baseUrl: `/test/as/${id}`, session: true, ...(fetch ? { fetch } : {}) }) }
}

export const clear = (): void => document.body.replaceChildren()

/** Waits for something to become true; the runner's own limit ends a wait that is in vain. */
export const until = async <Value>(look: () => Value | null | undefined | false): Promise<Value> => {
  for (;;) {
    const value = look()
    if (value) return value
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Everything that axe finds wrong with an element, in words. */
export const faultsOf = async (element: HTMLElement): Promise<string[]> => {
  const { violations } = await axe.run(element, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: { region: { enabled: false }, 'page-has-heading-one': { enabled: false }, 'heading-order': { enabled: false } } })
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`)
}
