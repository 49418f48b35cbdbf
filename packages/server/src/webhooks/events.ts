import type { Change, FieldCondition, WebhookEvent } from '@flowstate-ai/sdk/contract'

/** Whether a webhook is told of a change: no events at all mean every change; of several, one must fit. */
export const isToldOf = (events: readonly WebhookEvent[], change: Pick<Change, 'noun' | 'op' | 'fields'>): boolean =>
  events.length === 0 || events.some((event) => fits(event, change))

const fits = ({ noun, ops, fields }: WebhookEvent, change: Pick<Change, 'noun' | 'op' | 'fields'>): boolean =>
  noun === change.noun && (ops === undefined || ops.includes(change.op)) && (fields === undefined || fields.some((field) => touches(typeof field === 'string' ? { field } : field, change)))

/** A field's name stands for its parts too: `customFields` for `customFields.region`. */
const touches = ({ field, from, to }: FieldCondition, { fields }: Pick<Change, 'fields'>): boolean =>
  Object.entries(fields).some(([name, diff]) =>
    (name === field || name.startsWith(`${field}.`)) && (from === undefined || isOneOf(from, diff.from)) && (to === undefined || isOneOf(to, diff.to)))

const isOneOf = (asked: unknown, value: unknown): boolean =>
  sameJson(asked, value ?? null) || (Array.isArray(asked) && asked.some((each) => sameJson(each, value ?? null)))

/** Equal as JSON, whatever the order of properties: databases keep their own. */
const sameJson = (left: unknown, right: unknown): boolean => {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null || Array.isArray(left) !== Array.isArray(right)) return false
  const [a, b] = [left as Record<string, unknown>, right as Record<string, unknown>]
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && sameJson(a[name], b[name]))
}
