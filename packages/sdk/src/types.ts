/** The contract's types, without its schemas: those are at `@flowstate-ai/sdk/contract`, and bring zod. */
import type { input } from 'zod'
import type * as contract from './contract/index.ts'

export type ActionOutcome = input<typeof contract.ActionOutcome>
export type DismissAction = input<typeof contract.DismissAction>
export type SnoozeAction = input<typeof contract.SnoozeAction>
export type {
  Action, ActionKind, ActionState, ActorRef, Agent, AgentBeat, AgentPresence, AgentRegistration, AgentStatus, AiKind, AiKinds,
  Batch, BatchError, BatchResult, Candidate, Change, ChangeOp, ChangeRange, ChangeSet, ChangeSetState, Channel, Condition, Claim, Claimed, ClaimedTask, Company, CompanyPatch,
  CompletedTask, Customer, CustomerPatch, CustomFields, Deal, DealMove, DealPatch, DealSummary, Duplicate, DuplicateCandidate, DuplicateCandidates, DuplicateNoun, DuplicateReason, DuplicateSide, DuplicateState, EmbedToken, ErrorCode, ExportFormat, ExportNoun, Factors,
  Field, FieldDiff, FieldError, FieldPatch, FieldType, FilterTree, FindDuplicates, GenerateActions, History, Import, ImportColumn, ImportCounts, ImportDetection, ImportMapping, ImportNoun, ImportPreview, ImportReject, ImportSettings, ImportState, Instant,
  Interaction, InteractionKind, InteractionPatch, Key, KeyWithSecret, Lease, LedgeredNoun, Member, MemberPatch, MergeRequest, Money, NewCompany, NewCustomer,
  NewDeal, NewEmbedToken, NewField, NewInteraction, NewKey, NewMember, NewPipeline, NewSavedMapping, NewStage, NewTag, NewTask, NewView, Membership, Page, PageToken, Pipeline, PipelinePatch, PlannedChange, Problem, ProposedMerges, ProposeMerges, Provenance, Receipt,
  RecordFilter, SearchedNoun, SearchHit, SearchResults, RegisteredAgent, Rehearsal, Rejection, Role, Run, SavedMapping, SavedMappingPatch, Scope, Session as SignedIn, Stage, StageKind, StagePatch, Source, Stats, Tag, TagPatch, Task, TaskBeat, TaskBeatAnswer, TaskCompletion,
  TaskFailure, TaskState, TaskStatus, Ticket, Usage, View, ViewPatch, Whoami,
  Delivery, DeliveryAttempt, DeliveryState, DeliveryWithBody, FieldCondition, NewWebhook, Webhook, WebhookEvent, WebhookPatch, WebhookWithSecret,
  NewReminder, Occurrences, Participant, QuietHours, Reminder, ReminderPatch, ReminderStatus, SnoozeReminder, StoredFile, Weekday, Workspace, WorkspacePatch,
  AuditEntry, AuditRange, EmbedSession, Invitation, KeyRotation, NewAgentToken, NewInvitation, SentInvitation,
} from './contract/index.ts'
