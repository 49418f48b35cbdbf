import { clear, faultsOf, newWorkspace, show, until } from '../../internal/testing.ts'
import '../../define/flowstate-provider.ts'
import '../../define/flowstate-settings.ts'

describe('<flowstate-settings>', () => {
  afterEach(clear)
  it('has nothing that axe would fault', async () => {
    const workspace = await newWorkspace()
    const element = show('flowstate-settings', workspace)
    await until(() => element.shadowRoot?.textContent?.includes(workspace.slug))
    const faults = await faultsOf(element)
    if (faults.length > 0) throw new Error(faults.join('\n'))
  })
})
