import { afterEach, describe, expect, it } from 'vitest'
import { createTiering } from '../../src/create-tiering.js'
import { memoryHotTier } from '../../src/testing/index.js'
import { startStandIn } from './stand-in.js'

describe('settings of a bucket', () => {
  let standIn: Awaited<ReturnType<typeof startStandIn>>
  afterEach(() => standIn.close())

  /** Changes them as the console would: a service without keys doesn't ask who. */
  async function change(method: string, path: string, body: object): Promise<void> {
    const { url, service } = standIn
    const request = new Request(`${url}/n/${service.namespace}/b/cold${path}`, { method, body: JSON.stringify(body) })
    expect((await service.fetch(request)).status).toBe(200)
  }

  it('are as they should be but for what nobody sets', async () => {
    standIn = await startStandIn()
    expect(await standIn.open().inspect!()).toEqual([
      { severity: 'warning', message: expect.stringContaining('aborts multipart uploads') },
    ])
  })

  it('are found where they are against what tiering does', async () => {
    standIn = await startStandIn({ keys: [] })
    await change('PUT', '/l', {
      items: [
        {
          name: 'parts',
          action: 'ABORT',
          target: 'multipart-uploads',
          timeAmount: 7,
          timeUnit: 'DAYS',
          isEnabled: true,
        },
        { name: 'old', action: 'DELETE', timeAmount: 90, timeUnit: 'DAYS', isEnabled: true },
        { name: 'off', action: 'ARCHIVE', timeAmount: 90, timeUnit: 'DAYS', isEnabled: false },
      ],
    })
    await change('POST', '/retentionRules', {
      displayName: 'keep',
      duration: { timeAmount: 30, timeUnit: 'DAYS' },
    })
    const concerns = await standIn.open().inspect!()
    expect(concerns.map(({ severity }) => severity)).toEqual(['error', 'error'])
    expect(concerns[0]!.message).toContain('The retention rule keep')
    expect(concerns[1]!.message).toContain('The lifecycle rule old (DELETE)')
  })

  it('are told where nobody may read them', async () => {
    standIn = await startStandIn()
    const store = standIn.open()
    await store.head('events/none')
    standIn.service.fail(({ operation }) =>
      operation === 'ListRetentionRules' || operation === 'GetObjectLifecyclePolicy'
        ? { kind: 'refuse', status: 403, code: 'NotAuthorized' }
        : undefined,
    )
    expect((await store.inspect!()).map(({ message }) => message)).toEqual([
      'These credentials may not read its retention rules (403).',
      'These credentials may not read its lifecycle rules (403).',
    ])
  })

  it('are part of what the doctor tells, who finds the service as it should be', async () => {
    standIn = await startStandIn({ versioning: 'Enabled' })
    const now = () => standIn.clock.now
    const tiering = createTiering({
      hot: memoryHotTier({ now }),
      cold: standIn.open(),
      policy: { dropAfter: '90d' },
      now,
    })
    const { ok, checks } = await tiering.doctor()
    expect(ok).toBe(true)
    expect(checks.filter(({ result }) => result !== 'ok').map(({ message }) => message)).toEqual([
      expect.stringContaining('Versioning is on'),
      expect.stringContaining('aborts multipart uploads'),
    ])
    // No version of the object that was tried on is left.
    expect(standIn.service.objects('cold')).toEqual([])
    await tiering.close()
  })
})
