import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './run.mjs'

/** `npm run new -- feature|element|task <name>`: a skeleton that follows the house's patterns and has a test that runs. */
const [kind, name] = process.argv.slice(2)
const MAKERS = { feature, element, task }
if (!MAKERS[kind] || !/^[a-z][a-z0-9-]*$/.test(name ?? '')) {
  process.stderr.write('npm run new -- feature <noun> | element <name> | task <kind>, in lower-case words joined by hyphens\n')
  process.exit(2)
}
const camel = name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase())
const Pascal = camel.charAt(0).toUpperCase() + camel.slice(1)

const write = (path, text) => {
  const file = join(ROOT, path)
  if (existsSync(file)) throw new Error(`${path} exists already.`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  process.stdout.write(`  ${path}\n`)
}
const change = (path, mark, line) => {
  const file = join(ROOT, path)
  const text = readFileSync(file, 'utf8')
  if (!text.includes(mark)) throw new Error(`${path} has no ${mark} any more; add by hand: ${line}`)
  writeFileSync(file, text.replace(mark, line))
  process.stdout.write(`  ${path} (changed)\n`)
}
MAKERS[kind]()

function feature() {
  write(`packages/sdk/src/contract/${name}.ts`, `import { z } from 'zod'
import { operation } from './operation.ts'

export const ${Pascal} = z.strictObject({ greeting: z.string() }).meta({ id: '${Pascal}' })
export type ${Pascal} = z.infer<typeof ${Pascal}>

export const ${camel} = {
  retrieve: operation({ id: '${camel}.retrieve', method: 'get', path: '/${name}', summary: 'Reads ${name}', scope: 'crm:read', status: 200, answer: ${Pascal} }),
}
`)
  write(`packages/server/src/${name}/${name}.service.ts`, `import type { ${Pascal} } from '@flowstate-ai/sdk/contract'
import type { Caller } from '../http/caller.ts'

export const create${Pascal}Service = () => ({
  retrieve: async ({ actor }: Caller): Promise<${Pascal}> => ({ greeting: \`Hello, \${actor.name}\` }),
})
export type ${Pascal}Service = ReturnType<typeof create${Pascal}Service>
`)
  write(`packages/server/src/${name}/${name}.routes.ts`, `import { ${camel} } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type AppEnv, bind } from '../http/route.ts'
import type { ${Pascal}Service } from './${name}.service.ts'

export const ${camel}Routes = ({ ${camel}: service }: { ${camel}: ${Pascal}Service }): Hono<AppEnv> =>
  bind(new Hono<AppEnv>(), ${camel}.retrieve, async ({ caller }) => ({ value: await service.retrieve(caller) }))
`)
  write(`packages/server/src/${name}/${name}.test.ts`, `import { expect, it } from 'vitest'
import { systemCaller } from '../http/caller.ts'
import { create${Pascal}Service } from './${name}.service.ts'

it('greets who asks', async () => {
  expect(await create${Pascal}Service().retrieve(systemCaller('wsp_1', 'Ada', 'req_1'))).toEqual({ greeting: 'Hello, Ada' })
})
`)
  change('packages/sdk/src/contract/index.ts', "export * from './room.ts'", `export * from './room.ts'\nexport * from './${name}.ts'`)
  process.stdout.write(`Next: add ${camel} to operations.ts, services.ts and app.ts, and a class to the SDK's resources; the compiler and operations.test.ts say what is left.\n`)
}

function element() {
  write(`packages/elements/src/components/${name}/${name}.styles.ts`, `import { css } from 'lit'

export const ${camel}Styles = css\`
  .frame { padding: 14px 18px; }
\`
`)
  write(`packages/elements/src/components/${name}/${name}.ts`, `import type { FeedEvent } from '@flowstate-ai/sdk'
import { html } from 'lit'
import { FlowstateElement } from '../../internal/flowstate-element.ts'
import type { Handle } from '../../internal/handle.ts'
import { tokens } from '../../styles/tokens.ts'
import { ${camel}Styles } from './${name}.styles.ts'

/**
 * @summary Shows whose workspace this is.
 * @fires flowstate-error - Something failed. \`detail: { error }\`.
 */
export class Flowstate${Pascal} extends FlowstateElement {
  static override properties = { workspace: { state: true } }
  static override styles = [tokens, ${camel}Styles]
  protected declare workspace: string

  constructor() {
    super()
    this.workspace = ''
  }

  protected override begin(handle: Handle): void {
    handle.whoami().then(({ workspaceSlug }) => { this.workspace = workspaceSlug }, (error: unknown) => this.complain(error))
  }
  protected override heard(_event: FeedEvent): void {}
  protected override caughtUp(): void {}

  protected override render() {
    return html\`<div class="frame">\${this.workspace === '' ? this.say('loading') : this.workspace}</div>\`
  }
}

declare global {
  interface HTMLElementTagNameMap { 'flowstate-${name}': Flowstate${Pascal} }
}
`)
  write(`packages/elements/src/define/flowstate-${name}.ts`, `import { Flowstate${Pascal} } from '../components/${name}/${name}.ts'

if (!customElements.get('flowstate-${name}')) customElements.define('flowstate-${name}', Flowstate${Pascal})
`)
  write(`packages/elements/src/components/${name}/${name}.test.ts`, `import { clear, faultsOf, newWorkspace, show, until } from '../../internal/testing.ts'
import '../../define/flowstate-provider.ts'
import '../../define/flowstate-${name}.ts'

describe('<flowstate-${name}>', () => {
  afterEach(clear)
  it('has nothing that axe would fault', async () => {
    const workspace = await newWorkspace()
    const element = show('flowstate-${name}', workspace)
    await until(() => element.shadowRoot?.textContent?.includes(workspace.slug))
    const faults = await faultsOf(element)
    if (faults.length > 0) throw new Error(faults.join('\\n'))
  })
})
`)
  change('packages/elements/src/all.ts', "import './define/flowstate-godmode.ts'", `import './define/flowstate-godmode.ts'\nimport './define/flowstate-${name}.ts'`)
  change('packages/elements/src/index.ts', "export { clientContext }", `export { Flowstate${Pascal} } from './components/${name}/${name}.ts'\nexport { clientContext }`)
  change('packages/elements/src/loader.ts', "'godmode'", `'godmode', '${name}'`)
  change('rollup.config.mjs', "'godmode'", `'godmode', '${name}'`)
}

function task() {
  write(`packages/server/src/${name}/${name}.tasks.ts`, `import type { TaskHandler } from '../worker/worker.ts'

/** The task \`${name}\`. */
export const ${camel}Handler: TaskHandler = async (_task, { progress, signal }) => {
  signal.throwIfAborted()
  await progress(1, 'Done')
  return { done: true }
}
`)
  write(`packages/server/src/${name}/${name}.test.ts`, `import type { ClaimedTask } from '@flowstate-ai/sdk/contract'
import { expect, it } from 'vitest'
import { systemCaller } from '../http/caller.ts'
import { ${camel}Handler } from './${name}.tasks.ts'

it('says when it is done', async () => {
  const said: number[] = []
  const context = { caller: systemCaller('wsp_1', 'Test', 'req_1'), signal: new AbortController().signal, progress: async (fraction: number) => { said.push(fraction) } }
  expect(await ${camel}Handler({} as ClaimedTask, context)).toEqual({ done: true })
  expect(said).toEqual([1])
})
`)
  change('packages/server/src/worker/worker.ts', "'import' | 'next-best-actions'", `'import' | 'next-best-actions' | '${name}'`)
  change('packages/server/src/services.ts', "handlers: { import: imports.handler,", `handlers: { '${name}': ${camel}Handler, import: imports.handler,`)
  change('packages/server/src/services.ts', "import { createKeysService }", `import { ${camel}Handler } from './${name}/${name}.tasks.ts'\nimport { createKeysService }`)
}
