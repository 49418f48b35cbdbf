import { SignInPage } from './sign-in/sign-in-page.ts'

customElements.define('flowstate-sign-in-page', SignInPage)
