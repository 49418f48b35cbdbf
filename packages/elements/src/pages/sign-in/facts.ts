import type { SignedIn } from '@flowstate-ai/sdk'

/** What the server looked up of the address of the page. */
export interface Facts {
  base: string
  /** The browser sent a session, which may be over. */
  session: boolean
  /** The OpenID provider's name; null: there is none. */
  provider: string | null
  /** The page that opened this one; `allowed` by the server, it is handed a code. */
  page: { origin: string; allowed: boolean } | null
  setup: { slug: string; name: string }[] | 'over' | null
  invitation: Invitation | 'over' | null
}
export interface Invitation { email: string; role: string; workspace: string; known: boolean }

/** What an authenticator app is told, and what is kept beside it. */
export interface SecondFactorKey { uri: string; backupCodes: string[] }

/** What is shown. */
export type View =
  | { name: 'loading' }
  | { name: 'sign-in'; email: string; fixed: boolean; lead: string | null }
  | { name: 'second-factor'; backup: boolean }
  | { name: 'forgot'; email: string }
  | { name: 'reset'; token: string }
  | { name: 'setup'; token: string; workspaces: { slug: string; name: string }[] }
  | { name: 'join'; token: string; invitation: Invitation }
  | { name: 'accept'; token: string; invitation: Invitation; session: SignedIn }
  | { name: 'continue'; session: SignedIn; origin: string }
  | { name: 'choose'; session: SignedIn; next: string }
  | { name: 'account'; session: SignedIn }
  | { name: 'new-workspace'; session: SignedIn }
  | { name: 'factor'; session: SignedIn }
  | { name: 'factor-key'; session: SignedIn; key: SecondFactorKey }
  | { name: 'said'; title: string; text: string; actions: { label: string; run(): void }[] }
