/** The contract's types, without its schemas: those are at `@flowstate-ai/sdk/contract`, and bring zod. */
import type { input } from 'zod'
import type * as contract from './contract/index.ts'

export type ActionOutcome = input<typeof contract.ActionOutcome>
export type DismissAction = input<typeof contract.DismissAction>
export type SnoozeAction = input<typeof contract.SnoozeAction>
export type {
  Action, ActionKind, ActionState, ActorRef, Agent, AgentBeat, AgentPresence, AgentRegistration, AgentStatus, AiKind, AiKinds,
  Candidate, Change, ChangeOp, ChangeRange, ChangeSet, ChangeSetState, Channel, Claim, Claimed, ClaimedTask, Company, CompanyPatch,
  CompletedTask, Customer, CustomerPatch, CustomFields, Deal, DealMove, DealPatch, DealSummary, EmbedToken, ErrorCode, Factors,
  FieldDiff, FieldError, GenerateActions, History, Import, ImportCounts, ImportMapping, ImportNoun, ImportReject, Instant,
  Interaction, InteractionKind, InteractionPatch, Key, KeyWithSecret, Lease, LedgeredNoun, Money, NewCompany, NewCustomer,
  NewDeal, NewEmbedToken, NewInteraction, NewKey, NewPipeline, NewStage, NewTask, Page, Pipeline, PipelinePatch, Problem, Receipt,
  RecordFilter, RegisteredAgent, Role, Scope, Stage, StageKind, StagePatch, Stats, Task, TaskBeat, TaskBeatAnswer, TaskCompletion,
  TaskFailure, TaskState, TaskStatus, Ticket, Usage, Whoami,
} from './contract/index.ts'
