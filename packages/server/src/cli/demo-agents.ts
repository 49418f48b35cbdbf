import { type Command, required } from './command.ts'
import { untilSignalled } from './listen.ts'

const usage = 'flowstate demo-agents --url URL (with the key in DEMO_KEY)'

export const demoAgents: Command = {
  summary: 'Runs the demo\'s simulated agents: real clients of the interface, in a process of their own.',
  usage,
  hidden: true,
  options: { url: { type: 'string', value: 'URL', says: 'where the server is' } },
  async run({ values }) {
    const url = required(values.url, '--url', usage)
    const key = required(process.env.DEMO_KEY, 'DEMO_KEY', usage)
    const stopping = new AbortController()
    void untilSignalled().then(() => stopping.abort())
    // The parent is gone: nobody would end this process otherwise.
    process.on('disconnect', () => stopping.abort())
    const { runDemoAgents } = await import('../demo/agents.ts')
    await runDemoAgents({ url, key, signal: stopping.signal })
    // The channel to the parent would keep this process.
    if (process.connected) process.disconnect()
  },
}
