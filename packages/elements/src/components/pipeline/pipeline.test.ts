import { sendKeys, sendMouse } from '@web/test-runner-commands'
import { Flowstate } from '@flowstate-ai/sdk'
import { clear, faultsOf, newWorkspace, show, until, withDeals, type Workspace } from '../../internal/testing.ts'
import '../../define/flowstate-provider.ts'
import '../../define/flowstate-pipeline.ts'
import type { FlowstatePipeline } from './pipeline.ts'

const check = (condition: unknown, message: string): void => { if (!condition) throw new Error(message) }
const same = (actual: unknown, expected: unknown, message = ''): void => check(JSON.stringify(actual) === JSON.stringify(expected), `${message} expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)

const cardsOf = (board: FlowstatePipeline, stage: number): string[] =>
  [...(board.shadowRoot?.querySelectorAll('section')[stage]?.querySelectorAll('.card:not(.ghost) .title') ?? [])].map(({ textContent }) => textContent ?? '')
const card = (board: FlowstatePipeline, title: string): HTMLElement =>
  [...(board.shadowRoot?.querySelectorAll<HTMLElement>('.card:not(.ghost)') ?? [])].find((found) => found.querySelector('.title')?.textContent === title) as HTMLElement
const live = (board: FlowstatePipeline) => until(() => board.shadowRoot?.querySelector('.connection.live'))
const middle = (element: Element): [number, number] => {
  const { left, top, width, height } = element.getBoundingClientRect()
  return [Math.round(left + width / 2), Math.round(top + height / 2)]
}

describe('<flowstate-pipeline>', () => {
  let workspace: Workspace
  let board: FlowstatePipeline
  const open = async (perStage: number[], options = {}) => {
    workspace = await newWorkspace()
    await withDeals(workspace, perStage)
    board = show('flowstate-pipeline', workspace, options)
    await until(() => cardsOf(board, 0).length > 0)
    await live(board)
  }
  afterEach(clear)

  for (const scheme of ['light', 'dark']) {
    it(`has nothing that axe would fault, ${scheme}`, async () => {
      await open([2, 1], { scheme })
      await until(() => board.shadowRoot?.querySelector('.company')?.textContent === 'Kestrel Freight')
      same(await faultsOf(board), [])
    })
  }

  it('keeps a title in line with its company where the page runs from right to left, and counts one deal as one', async () => {
    await open([1])
    await until(() => board.shadowRoot?.querySelector('.totals')?.textContent?.startsWith('1 deal ·'))
    document.documentElement.dir = 'rtl'
    const edge = (name: string): number => {
      const range = document.createRange()
      range.selectNodeContents(card(board, 'Deal 0.0').querySelector(name) as Element)
      return Math.round(range.getBoundingClientRect().right)
    }
    try {
      await until(() => board.shadowRoot?.querySelector('.company')?.textContent === 'Kestrel Freight')
      same(edge('.title'), edge('.company'))
    } finally {
      document.documentElement.dir = 'ltr'
    }
  })

  it('moves a card with the pointer, and the server agrees', async () => {
    await open([3, 1])
    const moved = new Promise<CustomEvent>((resolve) => board.addEventListener('flowstate-deal-moved', resolve as (event: Event) => void, { once: true }))
    await sendMouse({ type: 'move', position: middle(card(board, 'Deal 0.1')) })
    await sendMouse({ type: 'down' })
    const [x, y] = middle(card(board, 'Deal 1.0'))
    await sendMouse({ type: 'move', position: [x, y] })
    await sendMouse({ type: 'move', position: [x, y + 60] })
    check(board.shadowRoot?.querySelector('.ghost'), 'the card is carried')
    await sendMouse({ type: 'up' })
    same(cardsOf(board, 1), ['Deal 1.0', 'Deal 0.1'], 'shown at once:')
    const { detail } = await moved
    same((await workspace.other.deals.retrieve(detail.deal.id)).stageId, detail.to.stageId)
    same(cardsOf(board, 0), ['Deal 0.0', 'Deal 0.2'])
  })

  it('puts a card back where Escape ends the drag, and where the host forbids the move', async () => {
    await open([2, 1])
    await sendMouse({ type: 'move', position: middle(card(board, 'Deal 0.0')) })
    await sendMouse({ type: 'down' })
    await sendMouse({ type: 'move', position: middle(card(board, 'Deal 1.0')) })
    await sendKeys({ press: 'Escape' })
    await sendMouse({ type: 'up' })
    same(cardsOf(board, 0), ['Deal 0.0', 'Deal 0.1'])
    board.addEventListener('flowstate-deal-move', (event) => event.preventDefault(), { once: true })
    card(board, 'Deal 0.0').focus()
    await sendKeys({ press: 'Space' })
    await sendKeys({ press: 'ArrowRight' })
    await sendKeys({ press: 'Space' })
    await until(() => cardsOf(board, 0).length === 2)
    same(cardsOf(board, 0), ['Deal 0.0', 'Deal 0.1'])
  })

  it('is worked by keyboard alone, and says what happens', async () => {
    await open([2, 1])
    const moved = new Promise((resolve) => board.addEventListener('flowstate-deal-moved', resolve, { once: true }))
    const spoken = () => board.shadowRoot?.querySelector('[aria-live="assertive"]')?.textContent ?? ''
    card(board, 'Deal 0.0').focus()
    await sendKeys({ press: 'ArrowDown' })
    await until(() => board.shadowRoot?.activeElement === card(board, 'Deal 0.1'))
    await sendKeys({ press: 'Space' })
    await until(() => spoken().includes('picked up'))
    await sendKeys({ press: 'ArrowRight' })
    await until(() => spoken().startsWith('Contacted, place'))
    await sendKeys({ press: 'Space' })
    await until(() => spoken().includes('dropped in Contacted'))
    await until(() => cardsOf(board, 1).includes('Deal 0.1'))
    await until(() => board.shadowRoot?.activeElement === card(board, 'Deal 0.1'))
    await moved
    const [deal] = (await workspace.other.deals.list({ title: 'Deal 0.1' })).items
    const [stage] = (await workspace.other.stages.list({ name: 'Contacted' })).items
    same(deal?.stageId, stage?.id)
  })

  it('moves a card by its menu', async () => {
    await open([1, 0])
    card(board, 'Deal 0.0').focus()
    await sendKeys({ press: 'm' })
    await until(() => board.shadowRoot?.activeElement?.closest('.menu'))
    same(await faultsOf(board), [])
    await sendKeys({ press: 'ArrowDown' })
    await sendKeys({ press: 'Enter' })
    await until(() => cardsOf(board, 2).includes('Deal 0.0'))
    await until(() => board.shadowRoot?.activeElement === card(board, 'Deal 0.0'))
  })

  it('puts a card back with a message when the server refuses', async () => {
    workspace = await newWorkspace()
    await withDeals(workspace, [1, 1])
    const { base, mint } = workspace
    // The real server, but for its answer to moves: what a conflict with another person is.
    const refusing: typeof fetch = (input, init) => (String(input).endsWith('/move')
      ? Promise.resolve(Response.json({ type: 'x', title: 'Stale', status: 412, detail: 'The deal has changed.', code: 'stale', requestId: 'req_1' }, { status: 412, headers: { 'content-type': 'application/problem+json' } }))
      : fetch(input, init))
    board = document.createElement('flowstate-pipeline')
    board.client = new Flowstate({ baseUrl: base, getToken: async () => (await fetch(mint(), { method: 'POST' })).json() as Promise<{ token: string }>, fetch: refusing })
    document.body.append(board)
    await until(() => cardsOf(board, 0).length > 0)
    card(board, 'Deal 0.0').focus()
    await sendKeys({ press: 'Space' })
    await sendKeys({ press: 'ArrowRight' })
    await sendKeys({ press: 'Space' })
    const toast = await until(() => board.shadowRoot?.querySelector('.toast'))
    check(toast.textContent?.includes('The deal has changed.'), 'the reason is told')
    same([cardsOf(board, 0), cardsOf(board, 1)], [['Deal 0.0'], ['Deal 1.0']])
  })

  it('moves a card that another hand changed, but did not move, a moment before', async () => {
    await open([1, 1])
    const { items: [deal] } = await workspace.other.deals.list({ title: 'Deal 0.0' })
    // Between the person's hand and the server: the board has not heard of it yet.
    let changed = false
    const real = window.fetch
    window.fetch = async (input, init) => {
      if (!changed && String(input).endsWith('/move')) {
        changed = true
        await workspace.call('PATCH', `/deals/${deal?.id}`, { description: 'by an agent' })
      }
      return real(input, init)
    }
    const moved = new Promise((resolve) => board.addEventListener('flowstate-deal-moved', resolve, { once: true }))
    card(board, 'Deal 0.0').focus()
    await sendKeys({ press: 'Space' })
    await sendKeys({ press: 'ArrowRight' })
    await sendKeys({ press: 'Space' })
    await moved
    window.fetch = real
    same(cardsOf(board, 1).includes('Deal 0.0'), true)
    check(changed, 'the other hand was quicker')
    check(!board.shadowRoot?.querySelector('.toast'), 'nothing was refused')
  })

  it('shows what others do, as they do it', async () => {
    await open([2, 1])
    const { items: [first] } = await workspace.other.deals.list({ title: 'Deal 0.0' })
    const stages = (await workspace.other.stages.list({ sort: 'position' })).items
    await workspace.other.deals.move(first?.id ?? '', { stageId: stages[1]?.id ?? '' })
    await until(() => cardsOf(board, 1).includes('Deal 0.0'))
    same(cardsOf(board, 0), ['Deal 0.1'])
    await workspace.other.deals.create({ title: 'New one', stageId: stages[0]?.id })
    await until(() => cardsOf(board, 0).includes('New one'))
    await workspace.other.deals.update(first?.id ?? '', { title: 'Renamed' })
    await until(() => cardsOf(board, 1).includes('Renamed'))
    await workspace.other.deals.archive(first?.id ?? '')
    await until(() => !cardsOf(board, 1).includes('Renamed'))
    await until(() => board.shadowRoot?.querySelectorAll('section')[1]?.querySelector('.count')?.textContent === '1')
  })

  it('keeps a column of hundreds to the cards in sight', async () => {
    await open([260])
    await until(() => board.shadowRoot?.querySelector('section .count')?.textContent === '260')
    check(cardsOf(board, 0).length < 30, `${cardsOf(board, 0).length} cards are in the page`)
    const cards = board.shadowRoot?.querySelector('.cards') as HTMLElement
    await until(() => {
      cards.scrollTop = cards.scrollHeight
      return cardsOf(board, 0).includes('Deal 0.259')
    })
    check((board.shadowRoot?.querySelectorAll('*').length ?? 0) < 1_500, 'few nodes')
  })
})
