import { AnalyticsError, errorCode } from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import type { TieringContext } from '../context.js'
import type { ObjectBody } from '../object-store.js'
import { textBody } from './transfer.js'

/** Options of an examination. */
export interface DoctorOptions {
  signal?: AbortSignal
}

/** One thing that was looked at. */
export interface DoctorCheck {
  name: 'database' | 'create-only' | 'checksums' | 'reads' | 'ranges' | 'listing' | 'clock' | 'deletion' | 'settings'
  /** `warning`: it works, and may cost something. */
  result: 'ok' | 'warning' | 'error'
  /** What is wrong, or what was seen. */
  message: string
}

/** Whether a database and an object store do what tiering counts on. */
export interface DoctorResult {
  /** Whether no check ended in an error. */
  ok: boolean
  checks: readonly DoctorCheck[]
}

const TEXT = 'what tiering counts on'
const OTHER = 'something else that is sent'
/** Clocks may differ so much: leases and ages are counted in minutes and days. */
const CLOCK_SKEW_MS = 5 * 60_000

type Found = Omit<DoctorCheck, 'name'>
const OK = (message: string): Found => ({ result: 'ok', message })
const WRONG = (message: string): Found => ({ result: 'error', message })

/**
 * Puts a small object beside the segments, tries on it what the rest counts on, and deletes it. It changes nothing else. A check that
 * fails doesn't keep the others from being made.
 * @throws AnalyticsError `aborted`
 */
export async function examine(context: TieringContext, { signal }: DoctorOptions): Promise<DoctorResult> {
  const call = signal ? { signal } : {}
  const name = `_tiering/doctor/${context.newId()}`
  const { cold, now } = context
  const checks: DoctorCheck[] = []
  const check = async (what: DoctorCheck['name'], look: () => Promise<Found>): Promise<void> => {
    throwIfAborted(signal)
    try {
      checks.push({ name: what, ...(await look()) })
    } catch (error) {
      throwIfAborted(signal)
      checks.push({ name: what, ...WRONG(messageOf(error)) })
    }
  }

  await check('database', () => tryRecords(context))
  await check('create-only', async () => {
    const first = await cold.put(name, textBody(TEXT), call)
    if (first.status !== 'created') return WRONG('A new object could not be put.')
    const second = await cold.put(name, textBody(OTHER), call)
    if (second.status !== 'exists' || (await textOf(context, name)) !== TEXT)
      return WRONG('An object that is there was overwritten.')
    return OK('An object that is there is not overwritten.')
  })
  await check('checksums', async () => {
    const damaged: ObjectBody = { ...textBody(TEXT), open: textBody(OTHER.slice(0, TEXT.length)).open }
    const refused = await cold.put(`${name}-damaged`, damaged, call).then(
      () => false,
      () => true,
    )
    const isThere = (await cold.head(`${name}-damaged`, call)) !== undefined
    if (isThere) await cold.delete(`${name}-damaged`, call)
    if (!refused || isThere) return WRONG('Bytes that are not those announced were stored.')
    return OK('Bytes that are not those announced are refused.')
  })
  await check('reads', async () =>
    (await textOf(context, name)) === TEXT ? OK('What was put comes back.') : WRONG('What was put does not come back.'),
  )
  await check('ranges', async () => {
    const part = await textOf(context, name, { start: 5, end: 12 })
    return part === TEXT.slice(5, 12) ? OK('A range is what it should be.') : WRONG('A range has other bytes.')
  })
  await check('listing', async () => {
    for await (const info of cold.list(name, call))
      if (info.name === name && info.size === TEXT.length) return OK('A new object is listed at once.')
    return WRONG('A new object is not listed.')
  })
  await check('clock', async () => {
    const info = await cold.head(name, call)
    if (!info) return WRONG('The object is not there.')
    const skewMs = info.modifiedAt - now()
    const text = `The clocks of this process and of the store differ by ${Math.round(Math.abs(skewMs) / 1000)} s.`
    return Math.abs(skewMs) <= CLOCK_SKEW_MS ? OK(text) : WRONG(text)
  })
  await check('deletion', async () => {
    await cold.delete(name, call)
    await cold.delete(name, call)
    if (await cold.head(name, call)) return WRONG('A deleted object is still there.')
    return OK('A deleted object is gone.')
  })
  if (cold.inspect) {
    const concerns = await cold.inspect(call).catch((error) => {
      throwIfAborted(signal)
      return [{ severity: 'error' as const, message: messageOf(error) }]
    })
    for (const { severity, message } of concerns) checks.push({ name: 'settings', result: severity, message })
    if (concerns.length === 0) checks.push({ name: 'settings', ...OK('Its settings are as they should be.') })
  }
  return { ok: checks.every(({ result }) => result !== 'error'), checks }
}

/** Records must be changed by compare-and-set: the catalog hangs on it. */
async function tryRecords({ hot, newId }: TieringContext): Promise<Found> {
  const key = `doctor/${newId()}`
  const { records } = hot
  const first = await records.put('meta', key, 1, 0)
  const again = await records.put('meta', key, 2, 0)
  const second = first === undefined ? undefined : await records.put('meta', key, 3, first)
  const stale = first === undefined ? undefined : await records.put('meta', key, 4, first)
  const last = await records.get<number>('meta', key)
  if (last) await records.delete('meta', key, last.version)
  const isRight = first !== undefined && second !== undefined && again === undefined && stale === undefined
  if (!isRight || last?.value !== 3) return WRONG('Records are not changed by compare-and-set.')
  return OK(`Records of ${hot.name} are changed by compare-and-set.`)
}

async function textOf(
  { cold }: TieringContext,
  name: string,
  range: { start?: number; end?: number } = {},
): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const bytes of cold.get(name, range)) parts.push(bytes)
  return Buffer.concat(parts).toString()
}

/** Of errors that are not ours nothing is known of what their texts say. */
function messageOf(error: unknown): string {
  const code = errorCode(error)
  if (code === undefined) return 'An unexpected error.'
  return `${code}: ${error instanceof Error ? error.message : new AnalyticsError(code).message}`
}
