import { Flowstate } from '@flowstate-ai/sdk'

/** A client whose tokens come from the host's own endpoint: `POST`, answered with `{ token, expiresAt, expiresIn }`. */
export const makeClient = (base: string, token: string): Flowstate => new Flowstate({
  baseUrl: new URL(base === '' ? '/' : base, document.baseURI).href.replace(/\/+$/, ''),
  async getToken({ signal }) {
    const response = await fetch(new URL(token, document.baseURI), { method: 'POST', credentials: 'same-origin', headers: { accept: 'application/json' }, signal })
    if (!response.ok) throw new Error(`The token endpoint ${token} answered ${response.status}. It should answer what POST /embed-tokens gives your server.`)
    return (await response.json()) as { token: string; expiresAt?: string; expiresIn?: number }
  },
})
