import { FlowstateGodmode } from '../components/godmode/godmode.ts'

if (!customElements.get('flowstate-godmode')) customElements.define('flowstate-godmode', FlowstateGodmode)
