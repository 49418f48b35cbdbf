import { FlowstateProvider } from '../components/provider/provider.ts'

if (!customElements.get('flowstate-provider')) customElements.define('flowstate-provider', FlowstateProvider)
