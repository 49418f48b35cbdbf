import type { ClaimedTask, RegisteredAgent, Task } from '@flowstate-ai/sdk'
import { clear, faultsOf, newWorkspace, show, until, type Workspace } from '../../internal/testing.ts'
import '../../define/flowstate-provider.ts'
import '../../define/flowstate-godmode.ts'
import type { FlowstateGodmode } from './godmode.ts'

const check = (condition: unknown, message: string): void => { if (!condition) throw new Error(message) }

describe('<flowstate-godmode>', () => {
  let workspace: Workspace
  let godmode: FlowstateGodmode
  const text = (selector: string) => [...(godmode.shadowRoot?.querySelectorAll(selector) ?? [])].map((found) => found.textContent?.replaceAll(/\s+/g, ' ').trim() ?? '')
  /** An agent with a task under way, over the real interface. */
  const working = async (): Promise<{ agent: RegisteredAgent['agent']; task: ClaimedTask }> => {
    const { agent } = await workspace.call<RegisteredAgent>('POST', '/agents', { name: 'Researcher', kinds: ['research-company'] })
    await workspace.call<Task>('POST', '/tasks', { kind: 'research-company' })
    const { tasks: [task] } = await workspace.call<{ tasks: ClaimedTask[] }>('POST', '/tasks/claim', { agentId: agent.id })
    if (!task) throw new Error('nothing was claimed')
    await workspace.call('POST', `/tasks/${task.id}/heartbeat`, { token: task.lease.token, progress: 0.4, message: 'Reading the register' })
    return { agent, task }
  }
  beforeEach(async () => { workspace = await newWorkspace() })
  afterEach(clear)

  for (const scheme of ['light', 'dark']) {
    it(`has nothing that axe would fault, ${scheme}`, async () => {
      await working()
      godmode = show('flowstate-godmode', workspace, { scheme })
      await until(() => text('.task').length > 0)
      const faults = await faultsOf(godmode)
      check(faults.length === 0, faults.join('\n'))
    })
  }

  it('says so when nothing is there yet', async () => {
    godmode = show('flowstate-godmode', workspace)
    await until(() => text('.nothing').includes('No agent has signed on yet.'))
  })

  it('shows an agent at work, its progress as it moves, and the end', async () => {
    godmode = show('flowstate-godmode', workspace)
    await until(() => godmode.shadowRoot?.querySelector('.connection.live'))
    const { task } = await working()
    await until(() => text('.percent').includes('40%'))
    check(text('.agent')[0]?.includes('Researcher') && text('.agent')[0]?.includes('Working'), text('.agent').join())
    check(godmode.shadowRoot?.querySelector('progress')?.value === 40, 'the bar stands at 40')
    await workspace.call('POST', `/tasks/${task.id}/heartbeat`, { token: task.lease.token, progress: 0.8, message: 'Nearly' })
    await until(() => text('.percent').includes('80%'))
    await workspace.call('POST', `/tasks/${task.id}/complete`, { token: task.lease.token, result: { done: true } })
    await until(() => text('.badge').some((badge) => badge.startsWith('Done')))
    await until(() => text('.agent')[0]?.includes('Idle'))
    await until(() => text('.counters div').some((counter) => counter.startsWith('done this hour 1') || counter.includes('1')))
  })

  it('shows an agent that is not heard of as stale, by the server\'s clock', async () => {
    await working()
    godmode = show('flowstate-godmode', workspace)
    // The agent says nothing more: two heartbeats later it is stale, without any message.
    await until(() => text('.agent.stale').length === 1)
    check(text('.agent.stale')[0]?.includes('Not heard of'), text('.agent.stale').join())
  })

  it('holds, resumes and cancels a task for who may, and shows no buttons to who may not', async () => {
    await workspace.call<Task>('POST', '/tasks', { kind: 'research-company' })
    godmode = show('flowstate-godmode', workspace)
    const press = async (name: string) => (await until(() => godmode.shadowRoot?.querySelector<HTMLButtonElement>(`button[aria-label^="${name}"]`))).click()
    await press('Hold')
    await until(() => text('.badge').some((badge) => badge.startsWith('Held')))
    await press('Resume')
    await until(() => text('.badge').some((badge) => badge.startsWith('Queued')))
    await press('Cancel')
    await until(() => text('.badge').some((badge) => badge.startsWith('Cancelled')))
    clear()
    godmode = show('flowstate-godmode', workspace, { token: workspace.mint('Viewer', 'viewer') })
    await until(() => text('.task').length > 0)
    check(text('button').length === 0, 'a viewer has no controls')
  })
})

describe('<flowstate-provider>', () => {
  afterEach(clear)
  it('asks for one token, however many elements it holds', async () => {
    const workspace = await newWorkspace()
    const mints = async () => ((await (await fetch('/test/mints')).json()) as { mints: number }).mints
    const before = await mints()
    const first = show('flowstate-godmode', workspace)
    for (let count = 1; count < 20; count++) first.parentElement?.append(document.createElement('flowstate-godmode'))
    await until(() => [...document.querySelectorAll('flowstate-godmode')].every((each) => each.shadowRoot?.querySelector('.counters')))
    check((await mints()) - before === 1, `${(await mints()) - before} tokens were minted`)
  })
})
