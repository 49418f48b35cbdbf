import type { Action, ACTION_LIST, ActionOutcome, DismissAction, GenerateActions, Receipt, SnoozeAction } from '../contract/actions.ts'
import type { Task } from '../contract/tasks.ts'
import type { input } from 'zod'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export type ActionQuery = ListQuery<typeof ACTION_LIST>

/** Recommendations: what to do next, and why. */
export class Actions extends Resource {
  list(query?: ActionQuery, options?: RequestOptions): Pager<Action> {
    return this.pages('/actions', query, options)
  }

  /** Answers the task that decides; its recommendations appear in `list` when it is done. */
  generate(body: GenerateActions = {}, options?: RequestOptions): ApiPromise<Task> {
    return this.post('/actions/generate', body, options)
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<Action> {
    return this.get(`/actions/${segment(id)}`, options)
  }

  /** Everything that the recommendation rests on. */
  receipt(id: string, options?: RequestOptions): ApiPromise<Receipt> {
    return this.get(`/actions/${segment(id)}/receipt`, options)
  }

  accept(id: string, options?: RequestOptions): ApiPromise<Action> {
    return this.post(`/actions/${segment(id)}/accept`, undefined, options)
  }

  dismiss(id: string, body: input<typeof DismissAction> = {}, options?: RequestOptions): ApiPromise<Action> {
    return this.post(`/actions/${segment(id)}/dismiss`, body, options)
  }

  snooze(id: string, body: input<typeof SnoozeAction>, options?: RequestOptions): ApiPromise<Action> {
    return this.post(`/actions/${segment(id)}/snooze`, body, options)
  }

  outcome(id: string, body: input<typeof ActionOutcome>, options?: RequestOptions): ApiPromise<Action> {
    return this.post(`/actions/${segment(id)}/outcome`, body, options)
  }
}
