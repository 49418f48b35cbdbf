import '../define/flowstate-settings.ts'
import { AdminPage } from './admin/admin-page.ts'

customElements.define('flowstate-admin-page', AdminPage)
