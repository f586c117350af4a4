import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ulid } from 'ulid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type ExampleApp, KEYS, startExample } from './support/example.js'

const MEBIBYTE = 1024 * 1024

const event = (more: object = {}) => ({
  eventId: ulid(),
  eventType: 'bad_input_test',
  anonymousId: 'visitor',
  sessionId: 'session',
  timestamp: new Date().toISOString(),
  ...more,
})

describe('a running server that is sent bad input', () => {
  let folder: string
  let app: ExampleApp
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-bad-input-'))
    app = await startExample(folder)
  })
  afterAll(async () => {
    await app.stop('SIGTERM')
    await rm(folder, { recursive: true, force: true })
  })

  const send = async (body: string | Uint8Array<ArrayBuffer>, key: string = KEYS.write) => {
    const response = await fetch(`${app.url}/analytics/events?k=${key}`, { method: 'POST', body })
    const answer = (await response.json()) as { error?: { code: string }; accepted?: number; rejected?: number }
    return { status: response.status, code: answer.error?.code, accepted: answer.accepted, rejected: answer.rejected }
  }
  const stored = async () => {
    const query = { kind: 'events', range: { from: '2020-01-01', to: '2100-01-01' }, eventTypes: ['bad_input_test'] }
    return (await ask<{ result: { events: { eventId: string; properties: object | null }[] } }>(app, query)).result
      .events
  }
  /** Resident memory of the server in bytes; undefined where the system does not tell. */
  const memory = async () => {
    const status = await readFile(`/proc/${app.pid}/status`, 'utf8').catch(() => '')
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(status)?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  }

  it('answers each as documented and keeps the good events', async () => {
    expect(await send('nonsense')).toMatchObject({ status: 400, code: 'invalid_json' })
    expect(await send(JSON.stringify({ events: [event()] }), 'wk_unknown_key')).toMatchObject({
      status: 401,
      code: 'key_unknown',
    })
    expect(await send(' '.repeat(2 * MEBIBYTE))).toMatchObject({ status: 413, code: 'body_too_large' })
    const good = event()
    const polluting = JSON.stringify(event()).replace(
      /}$/,
      ',"properties":{"__proto__":{"isAdmin":true},"plan":"pro"}}',
    )
    const batch = `{"events":[${JSON.stringify(good)},{"eventType":7},${polluting}]}`
    expect(await send(batch)).toMatchObject({ status: 207, accepted: 2, rejected: 1 })
    const rows = await stored()
    expect(rows).toHaveLength(2)
    expect(rows.map(({ eventId }) => eventId)).toContain(good.eventId)
    expect(rows.map(({ properties }) => properties)).toContainEqual({ plan: 'pro', $flags: ['truncated:properties'] })
  })

  it('takes no more memory for bombs and floods than their limits allow', async () => {
    const bomb = gzipSync(Buffer.alloc(512 * MEBIBYTE, ' '))
    expect(bomb.length).toBeLessThan(MEBIBYTE)
    await Promise.all(Array.from({ length: 8 }, () => send(' '.repeat(2 * MEBIBYTE))))
    const before = await memory()
    const answers = await Promise.all(Array.from({ length: 16 }, () => send(bomb)))
    expect(new Set(answers.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(['413 body_too_large']))
    const after = await memory()
    // 16 bodies of 1 MiB that inflate to 5 MiB each, and what the collector leaves for later; one bomb alone has 512 MiB.
    if (before !== undefined && after !== undefined) expect(after - before).toBeLessThan(256 * MEBIBYTE)
    expect(await send(JSON.stringify({ events: [event()] }))).toMatchObject({ status: 200, accepted: 1 })
  })
})
