import type { RelayMessage } from '@flowstate-ai/sdk/contract'
import type * as Party from 'partykit/server'
import { admit, redeemOverHttp, sameSecret } from './admission.ts'
import { advance, emptyRoom, type Outgoing, type RoomInput, STATUS_EVERY_MS } from './room.ts'

/**
 * The room on PartyKit: a shell around the reducer. Sockets come with a ticket that the server redeems; the server's relay posts
 * to the room's own path with `PARTYKIT_SECRET`. Settings: `FLOWSTATE_URL` (the server, with its base path) and `PARTYKIT_SECRET`.
 */
export default class FlowstateRoom implements Party.Server {
  readonly options: Party.ServerOptions = { hibernate: false }
  readonly room: Party.Room
  #state = emptyRoom()
  #ticking: ReturnType<typeof setInterval> | undefined

  constructor(room: Party.Room) {
    this.room = room
  }

  async onConnect(connection: Party.Connection, { request }: Party.ConnectionContext): Promise<void> {
    // What arrives before the ticket is redeemed waits: the first message is the hello.
    const early: string[] = []
    const admission = admit(this.room.id, new URL(request.url).searchParams.get('ticket'), redeemOverHttp(String(this.room.env.FLOWSTATE_URL), this.#secret))
    this.#early.set(connection.id, early)
    const admitted = await admission.catch(() => ({ code: 1013, reason: 'The server that knows the ticket does not answer; try again.' }))
    this.#early.delete(connection.id)
    if ('code' in admitted) return connection.close(admitted.code, admitted.reason)
    this.#take({ type: 'connect', client: connection.id, admission: admitted.admission })
    for (const text of early) this.#take({ type: 'message', client: connection.id, text })
    this.#ticking ??= setInterval(() => this.#take({ type: 'tick' }), STATUS_EVERY_MS)
  }

  onMessage(message: string | ArrayBuffer | ArrayBufferView, connection: Party.Connection): void {
    const text = typeof message === 'string' ? message : ''
    const early = this.#early.get(connection.id)
    if (early) early.push(text)
    else this.#take({ type: 'message', client: connection.id, text })
  }

  onClose(connection: Party.Connection): void {
    this.#take({ type: 'disconnect', client: connection.id })
    if (this.#state.clients.size > 0) return
    clearInterval(this.#ticking)
    this.#ticking = undefined
  }

  onError(connection: Party.Connection): void {
    this.onClose(connection)
  }

  async onRequest(request: Party.Request): Promise<Response> {
    const given = request.headers.get('authorization')?.replace(/^Bearer /, '') ?? ''
    if (request.method !== 'POST' || !sameSecret(given, this.#secret)) return new Response('Only the relay posts here.', { status: 403 })
    const { messages } = (await request.json()) as { messages: RelayMessage[] }
    const answers = messages.map((message) => this.#take({ type: 'relay', message }))
    return Response.json({ answer: answers.at(-1) ?? { type: 'unknown' }, clients: this.#state.clients.size })
  }

  readonly #early = new Map<string, string[]>()

  get #secret(): string {
    return String(this.room.env.PARTYKIT_SECRET ?? '')
  }

  #take(input: RoomInput) {
    const { state, outgoing, answer } = advance(this.#state, input, Date.now())
    this.#state = state
    for (const each of outgoing) this.#send(each)
    return answer
  }

  #send(outgoing: Outgoing): void {
    if ('close' in outgoing) {
      const connection = this.room.getConnection(outgoing.close)
      connection?.send(outgoing.frame)
      connection?.close(outgoing.code, outgoing.reason)
      return
    }
    for (const id of outgoing.to) this.room.getConnection(id)?.send(outgoing.frame)
  }
}
