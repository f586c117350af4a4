import type { ErrorCode } from './errors.js'

/** What became of one event of a batch. */
export type EventStatus = 'accepted' | 'duplicate' | 'rejected' | 'dropped' | 'retry'

/** The answer for one event of a batch, in the batch's order. */
export interface EventResult {
  index: number
  eventId: string | null
  status: EventStatus
  code?: ErrorCode
  field?: string
  message?: string
}

/** The answer to a batch. With status 200 the counts alone; with 207 each event's fate as well. */
export interface BatchResult {
  accepted: number
  duplicates: number
  rejected?: number
  dropped?: number
  retry?: number
  results?: EventResult[]
}

/** The body of every HTTP error. */
export interface ErrorBody {
  error: {
    code: ErrorCode
    message: string
    requestId: string
    field?: string
    details?: Readonly<Record<string, unknown>>
  }
}

/** What is going on now, by the time of the events. People are counted once, whatever they did and whatever they were known by. */
export interface RealtimeSummary {
  /** When the summary was made, ISO. */
  at: string
  activeUsers: { last5Minutes: number; last30Minutes: number }
  /** Means. */
  eventsPerSecond: { lastMinute: number; last5Minutes: number; last30Minutes: number }
  /** Most viewed pages of the last 30 minutes. */
  topPages: { page: string; views: number; users: number }[]
  errors: { last5Minutes: number; last30Minutes: number }
}
