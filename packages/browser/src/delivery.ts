import { Compressor } from './compressor.js'
import type { FaultCode } from './faults.js'
import { WIRE_LIMITS } from './limits.js'
import type { ResolvedOptions } from './options.js'
import { type Item, Queue } from './queue.js'
import { backoffMs, circuitMs, type Outcome } from './retry.js'
import type { Counters, DropReason } from './stats.js'
import { createTransport, type Transport } from './transport.js'

/** As many bytes waiting are sent at once. */
const FULL_BYTES = 16 * 1024
/** A batch stays within what a keepalive request may be, even where it compresses badly. */
const BATCH_BYTES = 48 * 1024
/** Visitors who leave after a glance should be seen. */
const FIRST_FLUSH_MS = 1000
const MAX_TRIES = 10

/** Decides when what is sent, one batch at a time, and what an answer does to the queue. */
export class Delivery {
  readonly #options: ResolvedOptions
  readonly #transport: Transport
  readonly #counters: Counters
  readonly #queue = new Queue()
  readonly #compressor = new Compressor()
  #inFlight: readonly Item[] = []
  #running: Promise<void> = Promise.resolve()
  #timer: { id: ReturnType<typeof setTimeout>; ms: number } | undefined
  #hold: { id: ReturnType<typeof setTimeout>; isNetwork: boolean } | undefined
  #failures = 0
  #networkFailures = 0
  #batchEvents: number
  #isFirst = true
  #isLeaving = false
  #isExitDue = false
  /** Why events that come back are not queued again. */
  #closedFor: DropReason | undefined

  constructor(options: ResolvedOptions, counters: Counters) {
    this.#options = options
    this.#transport = createTransport(options, this.#compressor)
    this.#counters = counters
    this.#batchEvents = options.maxBatchEvents
  }

  get queue(): { readonly size: number; readonly bytes: number } {
    return this.#queue
  }

  get inFlight(): number {
    return this.#inFlight.length
  }

  /** Queues an event, and sends it in time: at once where it matters or the page may be gone soon. */
  add(item: Item, isUrgent: boolean): void {
    this.#drop('overflow', this.#queue.add(item))
    this.#compressor.prepare(this.#queue.bytes)
    if (this.#isLeaving) {
      this.#exitSoon()
      return
    }
    const isFull = this.#queue.size >= this.#options.maxBatchEvents || this.#queue.bytes >= FULL_BYTES
    const isNow = isUrgent || isFull || document.visibilityState === 'hidden'
    const { flushInterval } = this.#options
    this.#schedule(isNow ? 0 : this.#isFirst ? Math.min(FIRST_FLUSH_MS, flushInterval) : flushInterval)
  }

  /** Sends what is queued now, after what is being sent. */
  flush(): Promise<void> {
    this.#running = this.#running
      .then(() => this.#drain())
      .catch((cause) => this.#options.report('internal', 'A batch could not be sent.', cause))
    return this.#running
  }

  /**
   * The page is hidden or left. Everything that is not known to be delivered is handed to the browser before this returns.
   * What is handed off leaves the queue, unless requests are failing: then it stays, for the case that the page does.
   */
  exit(): void {
    this.#isLeaving = true
    setTimeout(() => {
      this.#isLeaving = false
    }, 0)
    this.#handOff(this.#queue.items)
    // Last, for it may arrive by itself; the server tells a second copy by the event's id.
    this.#handOff(this.#inFlight)
    if (!this.#hold && isOnline()) this.#counters.handedOff += this.#queue.remove((item) => item.isHandedOff)
  }

  #handOff(all: readonly Item[]): void {
    const items = all.filter((item) => !item.isHandedOff)
    for (let at = 0; at < items.length; at += WIRE_LIMITS.batchEvents) {
      for (const item of this.#transport.handOff(items.slice(at, at + WIRE_LIMITS.batchEvents))) item.isHandedOff = true
    }
  }

  /** The network may be back, or the page is shown again. */
  wake(): void {
    if (this.#hold?.isNetwork) this.#release()
    if (this.#hold || this.#queue.size === 0) return
    // What was handed off meanwhile may not have arrived.
    for (const item of this.#queue.items) item.isHandedOff = false
    this.#schedule(0)
  }

  /** Discards what is queued, and what comes back from now on. */
  close(reason: DropReason): void {
    this.#closedFor = reason
    this.#release()
    clearTimeout(this.#timer?.id)
    this.#timer = undefined
    this.#drop(
      reason,
      this.#queue.remove(() => true),
    )
  }

  reopen(): void {
    this.#closedFor = undefined
  }

  #schedule(ms: number): void {
    if (this.#hold || (this.#timer && this.#timer.ms <= ms)) return
    clearTimeout(this.#timer?.id)
    const id = setTimeout(() => {
      this.#timer = undefined
      this.flush()
    }, ms)
    this.#timer = { id, ms }
  }

  /** Others may record something while the page is being left, after our own listener ran. */
  #exitSoon(): void {
    if (this.#isExitDue) return
    this.#isExitDue = true
    queueMicrotask(() => {
      this.#isExitDue = false
      this.exit()
    })
  }

  async #drain(): Promise<void> {
    // What is recorded meanwhile waits for its own batch, else each event would go alone behind the answer before.
    let left = this.#queue.size
    while (left > 0 && this.#queue.size > 0 && !this.#hold && isOnline()) {
      const batch = this.#queue.take(this.#batchEvents, BATCH_BYTES)
      this.#inFlight = batch
      this.#isFirst = false
      const outcome = await this.#transport.post(batch)
      this.#inFlight = []
      this.#settle(batch, outcome)
      if (outcome.status !== 'too_large') left -= batch.length
    }
  }

  #settle(batch: readonly Item[], outcome: Outcome): void {
    switch (outcome.status) {
      case 'delivered':
        this.#counters.delivered += batch.length
        this.#succeed()
        break
      case 'mixed':
        this.#settleEach(batch, outcome)
        break
      case 'retry':
        this.#fail(batch, outcome.isNetwork, outcome.retryAfterMs)
        break
      case 'refused':
        this.#drop('refused', batch.length)
        this.#options.report(outcome.code as FaultCode, outcome.message)
        break
      case 'too_large':
        this.#halve(batch)
    }
  }

  #halve(batch: readonly Item[]): void {
    if (batch.length > 1) {
      this.#batchEvents = batch.length >> 1
      this.#putBack(batch)
      return
    }
    this.#drop('too_large', 1)
    this.#options.report('event_too_large', 'The server found an event too large.')
  }

  #settleEach(batch: readonly Item[], { results, retryAfterMs }: Extract<Outcome, { status: 'mixed' }>): void {
    const fates = new Map(results.map((result) => [result.index, result]))
    const again: Item[] = []
    batch.forEach((item, index) => {
      const fate = fates.get(index)
      if (fate?.status === 'accepted' || fate?.status === 'duplicate') this.#counters.delivered++
      else if (fate?.status === 'rejected' || fate?.status === 'dropped') {
        this.#drop('rejected', 1)
        const code = fate.code ?? 'invalid_event'
        this.#options.report(
          code,
          `The server ${fate.status} an event: ${code}${fate.field ? ` in ${fate.field}` : ''}.`,
        )
      } else again.push(item)
    })
    if (again.length > 0) this.#fail(again, false, retryAfterMs)
    else this.#succeed()
  }

  #succeed(): void {
    this.#failures = 0
    this.#networkFailures = 0
    this.#batchEvents = this.#options.maxBatchEvents
  }

  #fail(items: readonly Item[], isNetwork: boolean, retryAfterMs: number | undefined): void {
    this.#failures++
    this.#networkFailures = isNetwork ? this.#networkFailures + 1 : 0
    for (const item of items) item.tries++
    const again = items.filter((item) => item.tries < MAX_TRIES)
    this.#drop('retries', items.length - again.length)
    this.#putBack(again)
    const circuit = circuitMs(this.#networkFailures)
    if (circuit)
      this.#options.report('network_failed', 'Requests get no answer: the endpoint is unreachable or blocked.')
    this.#wait(circuit ?? retryAfterMs ?? backoffMs(this.#failures, this.#options.random), isNetwork)
  }

  #wait(ms: number, isNetwork: boolean): void {
    this.#release()
    if (this.#closedFor) return
    clearTimeout(this.#timer?.id)
    this.#timer = undefined
    const id = setTimeout(() => {
      this.#hold = undefined
      this.wake()
    }, ms)
    this.#hold = { id, isNetwork }
  }

  #release(): void {
    clearTimeout(this.#hold?.id)
    this.#hold = undefined
  }

  #putBack(items: readonly Item[]): void {
    for (const item of items) item.isHandedOff = false
    if (this.#closedFor) this.#drop(this.#closedFor, items.length)
    else this.#drop('overflow', this.#queue.putBack(items))
  }

  #drop(reason: DropReason, count: number): void {
    this.#counters.dropped[reason] += count
    if (reason === 'overflow' && count > 0)
      this.#options.report('queue_full', 'The queue was full: the oldest events were dropped.')
  }
}

function isOnline(): boolean {
  return navigator.onLine !== false
}
