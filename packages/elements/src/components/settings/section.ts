import type { FeedEvent, Flowstate, Member, Scope, Whoami } from '@flowstate-ai/sdk'
import type { Labels } from '../../internal/labels.ts'
import type { Ask } from './dialogs.ts'
import type { SettingsLabels } from './settings.labels.ts'

export const SECTIONS = ['members', 'keys', 'agents', 'webhooks', 'sessions', 'audit'] as const
export type SectionName = (typeof SECTIONS)[number]

/** What was, or is about to be, asked of the server: an operation of the SDK, and the id of what it is about where there is one already. */
export interface SettingsChange { operation: string; id: string | null }

/** What a section may ask of the element around it. */
export interface Around {
  readonly client: Flowstate
  readonly who: Whoami
  /** Who asks, as a member of the workspace; null: no person, or not known. */
  readonly self: Member | null
  locale(): string
  /** Milliseconds by the server's clock. */
  now(): number
  can(scope: Scope): boolean
  say(key: keyof Labels, values?: Record<string, string | number>): string
  tell(key: keyof SettingsLabels, values?: Record<string, string | number>): string
  /** Opens a dialog. */
  ask(ask: Ask): void
  /** Says something to who does not see it happen. */
  announce(words: string): void
  /** Does what the host does not forbid; undefined where it did. Throws what the server refuses. */
  perform<Answer>(change: SettingsChange, send: () => PromiseLike<Answer>): Promise<Answer | undefined>
  /** Shows an error of what no dialog is open for. */
  attempt(act: () => Promise<void>): Promise<void>
  /** Tells the host of an error that is shown. */
  failed(error: unknown): void
  /** What is shown has changed. */
  update(): void
  /** Until what has changed is drawn. */
  drawn(): Promise<unknown>
}

/** One part of the settings: what it lists, and what can be done there. */
export abstract class Section {
  protected readonly around: Around

  constructor(around: Around) {
    this.around = around
  }

  /** What it takes to look at it. */
  abstract readonly scope: Scope
  /** Loads what is to be shown. */
  abstract begin(): void
  abstract render(): unknown
  /** Something happened in the workspace; answers whether it shows here. */
  heard(_event: FeedEvent): boolean {
    return false
  }
}
