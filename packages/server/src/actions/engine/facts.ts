/** What the rules know of a deal; all they read, so that a decision can be made again from its receipt. Days are fractions of 24 hours. */
export interface Facts {
  subjectId: string
  title: string
  stage: string
  /** Of the stage, 0 to 1. */
  stageProbability: number
  isOpen: boolean
  /** Integer minor units; null where the deal has no value. */
  valueAmount: number | null
  currency: string | null
  customerName: string | null
  hasPhone: boolean
  hasEmail: boolean
  daysSinceContact: number | null
  /** The customer wrote or called last, and nobody has answered. */
  awaitsAnswer: boolean
  /** Negative when the day has passed. */
  daysToClose: number | null
  daysSinceChange: number
  /** Outbound calls, mails, meetings and messages of the last seven days, and recommendations accepted in them. */
  touchesInWindow: number
  daysSinceDismissal: number | null
  /** Of the day in UTC, 0 to 23. */
  hour: number
  [name: string]: string | number | boolean | null
}
