/** What the server's page says to the page that opened it. */
export interface SignInMessage { type: 'flowstate-sign-in'; code: string }

const FEATURES = 'popup,width=480,height=700'
/** Nothing tells that a window of another origin was closed. */
const LOOK_EVERY_MS = 300

/** A window of the server's, in which somebody signs in. It is believed what it says itself, from the server's own origin, and no other window. */
export class Popup {
  /** The one-time code; null: the window was closed before there was one. */
  readonly code: Promise<string | null>
  readonly #window: Window
  #settle: (code: string | null) => void = () => undefined

  /** null: the browser kept it from opening. */
  static open(url: string, origin: string): Popup | null {
    const opened = window.open(url, '_blank', FEATURES)
    return opened ? new Popup(opened, origin) : null
  }

  private constructor(opened: Window, origin: string) {
    this.#window = opened
    this.code = new Promise((resolve) => {
      const hear = ({ source, origin: from, data }: MessageEvent) => {
        if (source === opened && from === origin && isSignInMessage(data)) this.#settle(data.code)
      }
      // What it said last may still be on its way when it is closed already.
      const looking = setInterval(() => { if (opened.closed) setTimeout(() => this.#settle(null), LOOK_EVERY_MS) }, LOOK_EVERY_MS)
      window.addEventListener('message', hear)
      this.#settle = (code) => {
        window.removeEventListener('message', hear)
        clearInterval(looking)
        resolve(code)
      }
    })
  }

  show(): void {
    this.#window.focus()
  }

  close(): void {
    this.#window.close()
    this.#settle(null)
  }
}

const isSignInMessage = (data: unknown): data is SignInMessage =>
  typeof data === 'object' && data !== null && (data as SignInMessage).type === 'flowstate-sign-in' && typeof (data as SignInMessage).code === 'string'
