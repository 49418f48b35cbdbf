import type { Claim, Claimed, CompletedTask, NewTask, Task, TASK_LIST, TaskBeat, TaskBeatAnswer, TaskCompletion, TaskFailure } from '../contract/tasks.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export type TaskQuery = ListQuery<typeof TASK_LIST>

/** The queue: for those who fill it, those who watch it, and, with `claim` to `fail`, those who work it. */
export class Tasks extends Resource {
  list(query?: TaskQuery, options?: RequestOptions): Pager<Task> {
    return this.pages('/tasks', query, options)
  }

  create(body: NewTask, options?: RequestOptions): ApiPromise<Task> {
    return this.post('/tasks', body, options)
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<Task> {
    return this.get(`/tasks/${segment(id)}`, options)
  }

  /** Waits `waitMs` for the first task, beyond the call's `timeout`. It is sent once: a lost answer's tasks come back when their lease is over. */
  claim(body: Claim, { timeout = this.transport.options.timeout, ...options }: RequestOptions = {}): ApiPromise<Claimed> {
    return this.post('/tasks/claim', body, { ...options, timeout: timeout === 0 ? 0 : timeout + (body.waitMs ?? 0) }, { repeatable: false })
  }

  heartbeat(id: string, body: TaskBeat, options?: RequestOptions): ApiPromise<TaskBeatAnswer> {
    return this.post(`/tasks/${segment(id)}/heartbeat`, body, options)
  }

  complete(id: string, body: TaskCompletion, options?: RequestOptions): ApiPromise<CompletedTask> {
    return this.post(`/tasks/${segment(id)}/complete`, body, options)
  }

  fail(id: string, body: TaskFailure, options?: RequestOptions): ApiPromise<Task> {
    return this.post(`/tasks/${segment(id)}/fail`, body, options)
  }

  pause(id: string, options?: RequestOptions): ApiPromise<Task> {
    return this.post(`/tasks/${segment(id)}/pause`, undefined, options)
  }

  resume(id: string, options?: RequestOptions): ApiPromise<Task> {
    return this.post(`/tasks/${segment(id)}/resume`, undefined, options)
  }

  cancel(id: string, options?: RequestOptions): ApiPromise<Task> {
    return this.post(`/tasks/${segment(id)}/cancel`, undefined, options)
  }

  retry(id: string, options?: RequestOptions): ApiPromise<Task> {
    return this.post(`/tasks/${segment(id)}/retry`, undefined, options)
  }
}
