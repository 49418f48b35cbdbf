import type { Invitation, Member, Scope } from '@flowstate-ai/sdk'
import { html, nothing } from 'lit'
import { Paged } from './paged.ts'
import { chip, listOf, rowOf, withTime } from './parts.ts'
import { roleChoices, roleOf } from './permissions.ts'
import { type Around, Section } from './section.ts'

const TYPING_MS = 250

/** The people of the workspace, and who is invited. */
export class MembersSection extends Section {
  readonly scope: Scope = 'crm:read'
  readonly #members: Paged<Member>
  readonly #invitations: Paged<Invitation>
  #sought = ''
  #typing: ReturnType<typeof setTimeout> | undefined

  constructor(around: Around) {
    super(around)
    const { client } = around
    this.#members = new Paged((cursor) => client.members.list({ cursor, ...(this.#sought === '' ? {} : { email: { contains: this.#sought } }) }), around)
    this.#invitations = new Paged((cursor) => client.invitations.list({ cursor }), around)
  }

  begin(): void {
    void this.#members.load()
    if (this.around.can('admin')) void this.#invitations.load()
  }

  render() {
    const { tell, can } = this.around
    return html`
      <div class="head">
        <label class="search"><span class="visually-hidden">${tell('findMember')}</span><input type="search" placeholder=${tell('findMember')} .value=${this.#sought} @input=${(event: Event) => this.#seek((event.target as HTMLInputElement).value)}></label>
        ${can('admin') ? html`<button type="button" class="primary" @click=${() => this.#invite()}>${tell('invite')}</button>` : nothing}
      </div>
      <div>${listOf(this.around, this.#members, { label: tell('members'), empty: this.#sought === '' ? tell('noMembers') : tell('noMemberFound', { text: this.#sought }), key: ({ id }) => id, row: (member) => this.#member(member) })}</div>
      ${can('admin') ? html`<h4>${tell('invitations')}</h4><div>${listOf(this.around, this.#invitations, { label: tell('invitations'), empty: tell('noInvitations'), key: ({ id }) => id, row: (invitation) => this.#invitation(invitation) })}</div>` : nothing}`
  }

  #member(member: Member) {
    const { tell, can, self } = this.around
    const isSelf = member.id === self?.id
    // An admin who is no owner is refused by the server; it is said before he tries.
    const fixed = member.role === 'owner' && self !== null && self.role !== 'owner'
    return rowOf(this.around, {
      name: member.name, spoken: member.name,
      chips: html`${chip(tell(member.role), member.role === 'owner' ? 'good' : '')}${isSelf ? chip(tell('you')) : nothing}`,
      facts: [member.email === member.name ? nothing : html`<bdi>${member.email}</bdi>`, withTime(this.around, 'added', member.createdAt), can('admin') && fixed ? tell('ownersOnly') : nothing],
      actions: can('admin') && !fixed ? [{ words: tell('change'), run: () => this.#change(member) }, { words: tell('remove'), grave: true, run: () => this.#remove(member, isSelf) }] : [],
    })
  }

  #invitation(invitation: Invitation) {
    const { tell, now } = this.around
    const { email, role, invitedBy, acceptedAt, revokedAt, expiresAt, createdAt } = invitation
    const isOpen = acceptedAt === null && revokedAt === null && Date.parse(expiresAt) > now()
    const state = acceptedAt !== null ? chip(tell('accepted'), 'good') : revokedAt !== null ? chip(tell('takenBack')) : isOpen ? chip(tell('open'), 'warn') : chip(tell('ended'))
    return rowOf(this.around, {
      name: email, spoken: email, ended: !isOpen, chips: html`${chip(tell(role))}${state}`,
      facts: [tell('invitedBy', { name: invitedBy.name }), withTime(this.around, 'sent', createdAt), isOpen ? withTime(this.around, 'ends', expiresAt) : nothing],
      actions: isOpen ? [{ words: tell('takeBack'), grave: true, run: () => this.#takeBack(invitation) }] : [],
    })
  }

  #seek(text: string): void {
    this.#sought = text.trim()
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => void this.#members.load(), TYPING_MS)
  }

  #invite(): void {
    const { tell, client, perform } = this.around
    this.around.ask({
      title: tell('invite'), text: tell('inviteText'), submit: tell('sendInvitation'),
      fields: [{ type: 'email', name: 'email', label: tell('email'), required: true }, { type: 'select', name: 'role', label: tell('role'), choices: roleChoices(this.around, 'member') }],
      send: async (answer) => {
        const sent = await perform({ operation: 'invitations.create', id: null }, () => client.invitations.create({ email: String(answer.get('email')), role: roleOf(answer.get('role')) }))
        if (!sent) return
        const { url, mailed, ...invitation } = sent
        this.#invitations.prepend(invitation)
        return { title: tell('invited', { email: sent.email }), text: tell(mailed ? 'inviteSecret' : 'inviteUnsent'), label: tell('link'), secret: url }
      },
    })
  }

  #change(member: Member): void {
    const { tell, client, perform, announce } = this.around
    this.around.ask({
      title: tell('changeMember', { name: member.name }), submit: tell('save'),
      fields: [{ type: 'text', name: 'name', label: tell('name'), value: member.name, required: true }, { type: 'select', name: 'role', label: tell('role'), choices: roleChoices(this.around, member.role) }],
      send: async (answer) => {
        const changed = await perform({ operation: 'members.update', id: member.id }, () => client.members.update(member.id, { name: String(answer.get('name')), role: roleOf(answer.get('role')) }))
        if (!changed) return
        this.#members.replace(({ id }) => id === member.id, changed)
        announce(tell('saved', { name: changed.name }))
      },
    })
  }

  #remove(member: Member, isSelf: boolean): void {
    const { tell, client, perform, announce } = this.around
    this.around.ask({
      title: tell('removeMember', { name: member.name }), text: tell(isSelf ? 'removeSelfText' : 'removeMemberText'), submit: tell('remove'), grave: true,
      send: async () => {
        if (!await perform({ operation: 'members.archive', id: member.id }, () => client.members.archive(member.id))) return
        this.#members.replace(({ id }) => id === member.id, null)
        announce(tell('removed', { name: member.name }))
      },
    })
  }

  #takeBack(invitation: Invitation): void {
    const { tell, client, perform, announce } = this.around
    this.around.ask({
      title: tell('takeBackTitle', { email: invitation.email }), text: tell('takeBackText'), submit: tell('takeBack'), grave: true,
      send: async () => {
        const back = await perform({ operation: 'invitations.revoke', id: invitation.id }, () => client.invitations.revoke(invitation.id))
        if (!back) return
        this.#invitations.replace(({ id }) => id === invitation.id, back)
        announce(tell('takenBack'))
      },
    })
  }
}
