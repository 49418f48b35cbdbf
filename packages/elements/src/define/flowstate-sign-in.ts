import { FlowstateSignIn } from '../components/sign-in/sign-in.ts'

if (!customElements.get('flowstate-sign-in')) customElements.define('flowstate-sign-in', FlowstateSignIn)
