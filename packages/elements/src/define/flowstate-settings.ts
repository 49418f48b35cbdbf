import { FlowstateSettings } from '../components/settings/settings.ts'

if (!customElements.get('flowstate-settings')) customElements.define('flowstate-settings', FlowstateSettings)
