import type { EmbedSession, Scope } from '@flowstate-ai/sdk'
import { html, nothing } from 'lit'
import { Paged } from './paged.ts'
import { chip, listOf, rowOf, withTime } from './parts.ts'
import { type Around, Section } from './section.ts'

/** What the tokens of pages stand on. */
export class SessionsSection extends Section {
  readonly scope: Scope = 'admin'
  readonly #sessions: Paged<EmbedSession>

  constructor(around: Around) {
    super(around)
    this.#sessions = new Paged((cursor) => around.client.embedTokens.list({ cursor }), around)
  }

  begin(): void {
    void this.#sessions.load()
  }

  render() {
    const { tell } = this.around
    return html`
      <div class="head">
        <button type="button" class="plain" @click=${() => void this.#sessions.load()}>${tell('refresh')}</button>
        <button type="button" class="plain grave" @click=${() => this.#endAll()}>${tell('endAll')}</button>
      </div>
      <div>${listOf(this.around, this.#sessions, { label: tell('sessions'), empty: tell('noSessions'), key: ({ id }) => id, row: (session) => this.#session(session) })}</div>`
  }

  #session(session: EmbedSession) {
    const { tell, now } = this.around
    const { subject, origin, keyId, createdAt, expiresAt, revokedAt } = session
    const isOver = revokedAt !== null || Date.parse(expiresAt) <= now()
    return rowOf(this.around, {
      name: subject, spoken: subject, ended: isOver,
      chips: revokedAt !== null ? chip(tell('revoked')) : isOver ? chip(tell('ended')) : chip(tell('active'), 'good'),
      facts: [
        origin !== null ? html`<bdi>${tell('bySignIn', { origin })}</bdi>` : keyId !== null ? html`<bdi>${tell('byKey', { id: keyId })}</bdi>` : nothing,
        withTime(this.around, 'created', createdAt), isOver ? nothing : withTime(this.around, 'ends', expiresAt),
      ],
      actions: isOver ? [] : [{ words: tell('endSession'), grave: true, run: () => this.#end(session) }],
    })
  }

  #end({ id, subject }: EmbedSession): void {
    const { tell, client, perform, announce } = this.around
    this.around.ask({
      title: tell('revokeSession', { subject }), text: tell('revokeSessionText'), submit: tell('endSession'), grave: true,
      send: async () => {
        const ended = await perform({ operation: 'embedTokens.revoke', id }, () => client.embedTokens.revoke(id))
        if (!ended) return
        this.#sessions.replace((session) => session.id === id, ended)
        announce(tell('revokedNow', { name: subject }))
      },
    })
  }

  #endAll(): void {
    const { tell, client, perform, announce } = this.around
    this.around.ask({
      title: tell('endAllTitle'), text: tell('endAllText'), submit: tell('endAll'), grave: true,
      send: async () => {
        if (!await perform({ operation: 'embedTokens.revokeAll', id: null }, async () => (await client.embedTokens.revokeAll(), true))) return
        await this.#sessions.load()
        announce(tell('allEnded'))
      },
    })
  }
}
