import type { AiKind, AiKinds } from '../contract/ai.ts'
import type { AI_KINDS } from '../contract/ai.ts'
import type { Task } from '../contract/tasks.ts'
import type { input } from 'zod'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export class Ai extends Resource {
  /** The analyses with the schemas of their input. */
  kinds(options?: RequestOptions): ApiPromise<AiKinds> {
    return this.get('/ai/kinds', options)
  }

  /** Starts an analysis and answers its task. */
  run<Kind extends AiKind>(kind: Kind, body: input<(typeof AI_KINDS)[Kind]>, options?: RequestOptions): ApiPromise<Task> {
    return this.post(`/ai/${segment(kind)}`, body, options)
  }
}
