import { z } from 'zod'
import { TaskKindName } from './agents.ts'
import { idOf, Instant, type ListSpec, listQuery, pageOf, recordFields, text } from './common.ts'
import { operation } from './operation.ts'

export const TaskState = z.enum(['scheduled', 'queued', 'running', 'paused', 'succeeded', 'dead', 'cancelled'])
export type TaskState = z.infer<typeof TaskState>

/** Tokens and money, apart from each other; sums over a task's heartbeats and completion. `cost` is in US dollars. */
export const Usage = z.strictObject({
  input: z.int().min(0), cacheRead: z.int().min(0), cacheWrite: z.int().min(0), output: z.int().min(0), cost: z.number().min(0),
}).partial().meta({ id: 'Usage' })
export type Usage = z.infer<typeof Usage>

/** Free JSON up to 64 kB. */
const Json = z.json().refine((value) => JSON.stringify(value ?? null).length <= 65_536, 'must be at most 64 kB of JSON')

export const Task = z.strictObject({
  id: idOf('tasks'),
  kind: TaskKindName,
  state: TaskState,
  payload: z.json(),
  result: z.json().nullable(),
  /** Why the last try failed. */
  error: text(2_000).nullable(),
  progress: z.number().min(0).max(1).nullable(),
  message: text(500).nullable(),
  attempts: z.int().min(0),
  maxAttempts: z.int().min(1),
  priority: z.int(),
  orderKey: z.string().nullable(),
  /** Not before this instant. */
  runAt: Instant,
  agentId: z.string().nullable(),
  usage: Usage.nullable(),
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  ...recordFields,
}).meta({ id: 'Task' })
export type Task = z.infer<typeof Task>

export const Lease = z.strictObject({ token: z.string(), until: Instant }).meta({ id: 'Lease' })
export type Lease = z.infer<typeof Lease>
export const ClaimedTask = Task.extend({ lease: Lease }).meta({ id: 'ClaimedTask' })
export type ClaimedTask = z.infer<typeof ClaimedTask>

export const NewTask = z.strictObject({
  kind: TaskKindName,
  payload: Json.describe('Free JSON up to 64 kB.'),
  priority: z.int().min(-100).max(100).describe('Higher goes first; default 0.'),
  runAt: Instant.describe('Not before this instant; default now.'),
  maxAttempts: z.int().min(1).max(50).describe('Tries before the task is dead; default 5.'),
  orderKey: text(200, 1).nullable().describe('Tasks with the same key run one at a time, in the order of their creation.'),
}).partial().required({ kind: true }).meta({ id: 'NewTask' })
export type NewTask = z.input<typeof NewTask>

export const Claim = z.strictObject({
  agentId: idOf('agents'),
  kinds: z.array(TaskKindName).min(1).max(50).describe('Default: the kinds that the agent was registered with.').optional(),
  limit: z.int().min(1).max(100).default(1).describe('As many as the worker has free slots; default 1.'),
  waitMs: z.int().min(0).max(30_000).default(0).describe('How long to wait for the first task; default 0.'),
}).meta({ id: 'Claim' })
export type Claim = z.input<typeof Claim>
export const Claimed = z.strictObject({ tasks: z.array(ClaimedTask) }).meta({ id: 'Claimed' })
export type Claimed = z.infer<typeof Claimed>

const token = z.string().min(1).max(100)
export const TaskBeat = z.strictObject({ token, progress: z.number().min(0).max(1).optional(), message: text(500).optional(), usage: Usage.optional() }).meta({ id: 'TaskBeat' })
export type TaskBeat = z.input<typeof TaskBeat>
/** `cancel` asks the agent to stop: the task was cancelled or paused. */
export const TaskBeatAnswer = z.strictObject({ cancel: z.boolean(), leaseUntil: Instant }).meta({ id: 'TaskBeatAnswer' })
export type TaskBeatAnswer = z.infer<typeof TaskBeatAnswer>
export const TaskCompletion = z.strictObject({ token, result: Json.optional(), usage: Usage.optional(), claim: Claim.omit({ agentId: true }).optional() }).meta({ id: 'TaskCompletion' })
export type TaskCompletion = z.input<typeof TaskCompletion>
export const CompletedTask = z.strictObject({ task: Task, claimed: z.array(ClaimedTask) }).meta({ id: 'CompletedTask' })
export type CompletedTask = z.infer<typeof CompletedTask>
export const TaskFailure = z.strictObject({ token, error: text(2_000, 1), retry: z.boolean().default(true).describe('false sends it to the dead letters at once.'), usage: Usage.optional() }).meta({ id: 'TaskFailure' })
export type TaskFailure = z.input<typeof TaskFailure>

export const TASK_LIST = { filters: { kind: 'text', state: 'enum', agentId: 'id', createdAt: 'instant', runAt: 'instant', finishedAt: 'instant' }, sorts: ['createdAt', 'updatedAt', 'runAt'], sort: '-createdAt', archivable: false } as const satisfies ListSpec
const verb = <Name extends string>(name: Name, summary: string) =>
  operation({ id: `tasks.${name}`, method: 'post', path: `/tasks/{id}/${name}`, summary, scope: 'agents:operate', status: 200, answer: Task })

export const tasks = {
  list: operation({ id: 'tasks.list', method: 'get', path: '/tasks', summary: 'Lists tasks', scope: 'agents:read', query: listQuery(TASK_LIST), status: 200, answer: pageOf(Task) }),
  create: operation({ id: 'tasks.create', method: 'post', path: '/tasks', summary: 'Enqueues a task for whichever agent takes its kind', scope: 'agents:operate', body: NewTask, status: 201, answer: Task }),
  retrieve: operation({ id: 'tasks.retrieve', method: 'get', path: '/tasks/{id}', summary: 'Reads a task', scope: 'agents:read', status: 200, answer: Task }),
  claim: operation({ id: 'tasks.claim', method: 'post', path: '/tasks/claim', summary: 'Claims due tasks under a lease, waiting for the first if asked', scope: 'tasks:work', body: Claim, status: 200, answer: Claimed, unrepeatable: true }),
  heartbeat: operation({ id: 'tasks.heartbeat', method: 'post', path: '/tasks/{id}/heartbeat', summary: 'Prolongs a lease and tells the progress', scope: 'tasks:work', body: TaskBeat, status: 200, answer: TaskBeatAnswer }),
  complete: operation({ id: 'tasks.complete', method: 'post', path: '/tasks/{id}/complete', summary: 'Finishes a task, and claims the next in the same commit if asked', scope: 'tasks:work', body: TaskCompletion, status: 200, answer: CompletedTask }),
  fail: operation({ id: 'tasks.fail', method: 'post', path: '/tasks/{id}/fail', summary: 'Gives a task back for another try, or to the dead letters', scope: 'tasks:work', body: TaskFailure, status: 200, answer: Task }),
  pause: verb('pause', 'Holds a task that waits or runs'),
  resume: verb('resume', 'Lets a held task go on'),
  cancel: verb('cancel', 'Ends a task for good; a running agent is told at its next heartbeat'),
  retry: verb('retry', 'Gives a dead or cancelled task a fresh set of tries'),
}
