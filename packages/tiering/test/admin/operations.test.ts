import { describe, expect, it } from 'vitest'
import { createWorld, DAY, eventsOf, NEXT_DAY } from '../world.js'

describe('an operation that is called by its name', () => {
  it('does what the method does', async () => {
    const world = createWorld()
    await world.hot.insert([...eventsOf(DAY, 20), ...eventsOf(NEXT_DAY, 20)])
    const tiering = world.open()
    expect(await tiering.perform('plan')).toEqual(await tiering.plan())
    const steps: unknown[] = []
    expect(await tiering.perform('run', {}, { onProgress: (progress) => steps.push(progress) })).toMatchObject({
      status: 'done',
      moved: [
        { day: DAY, rows: 20 },
        { day: NEXT_DAY, rows: 20 },
      ],
    })
    expect(steps[0]).toEqual({ day: DAY, step: 'seal', index: 1, of: 2 })
    expect(await tiering.perform('status')).toEqual(await tiering.status())
    expect(await tiering.perform('explain', { day: DAY })).toEqual(await tiering.explain(DAY))
    expect(await tiering.perform('verify', { deep: true })).toMatchObject({ ok: true, segments: 2 })
    await tiering.perform('park', { day: DAY })
    expect(await tiering.perform('retry')).toEqual([DAY])
    const hold = await tiering.perform('hold add', { from: Date.parse(DAY), to: Date.parse(NEXT_DAY), reason: 'case' })
    expect(await tiering.perform('hold list')).toMatchObject([{ id: (hold as { id: string }).id, reason: 'case' }])
    await tiering.perform('hold release', { id: (hold as { id: string }).id })
    expect(await tiering.perform('restore estimate', { from: 0, to: Date.parse(NEXT_DAY) })).toMatchObject({ days: [] })
    const erasure = await tiering.perform('erase request', { userIds: ['user-0'], within: '5d' })
    expect(await tiering.perform('erase list')).toMatchObject([{ id: (erasure as { id: string }).id }])
    expect(await tiering.perform('rebuild-catalog', { deep: true })).toEqual({ status: 'done', days: [], problems: [] })
    expect(await tiering.perform('gc')).toMatchObject({ status: 'done', orphans: [] })
    expect(await tiering.perform('costs', { from: 0 })).toEqual(await tiering.costs({ from: 0 }))
    expect(await tiering.perform('doctor')).toMatchObject({ ok: true })
  })

  it('deletes nothing unless the input says so', async () => {
    const world = createWorld()
    world.policy = { dropAfter: '90d', expireAfter: '95d' }
    await world.hot.insert(eventsOf(DAY, 20))
    const tiering = world.open()
    await tiering.run()
    expect(await tiering.perform('expire')).toMatchObject({ moved: [{ day: DAY }] })
    expect(await tiering.perform('verify')).toMatchObject({ segments: 1 })
    await tiering.perform('expire', { dryRun: false })
    expect(await tiering.perform('verify')).toMatchObject({ segments: 0 })
  })

  it.each([
    ['explain', {}, 'day'],
    ['explain', { day: 7 }, 'day'],
    ['explain', { day: 'yesterday' }, 'day'],
    ['explain', { day: DAY, deep: true }, 'deep'],
    ['explain', JSON.parse(`{ "day": "${DAY}", "__proto__": { "isAdmin": true } }`), '__proto__'],
    ['explain', { day: DAY, constructor: 1 }, 'constructor'],
    ['explain', 'text', undefined],
    ['explain', [DAY], undefined],
    ['explain', null, undefined],
    ['plan', { force: true }, 'force'],
    ['expire', { dryRun: 'no' }, 'dryRun'],
    ['expire', { dryRun: null }, 'dryRun'],
    ['archive', { onlyBegun: 1 }, 'onlyBegun'],
    ['gc', { dryRun: false, olderThan: 3 }, 'olderThan'],
    ['gc', { olderThan: 'soon' }, 'olderThan'],
    ['restore request', { from: 0 }, 'to'],
    ['restore request', { from: 0, to: '2026' }, 'to'],
    ['restore request', { from: 0, to: 1e300 }, 'to'],
    ['restore request', { from: 0, to: 1, hours: 241 }, 'hours'],
    ['hold add', { from: 0, to: 1 }, 'reason'],
    ['hold add', { from: 0, to: 1, reason: 'x'.repeat(1001) }, 'reason'],
    ['hold add', { from: 0, to: 1, reason: 'case', id: 'mine' }, 'id'],
    ['erase request', { userIds: 'anna' }, 'userIds'],
    ['erase request', { userIds: ['anna', 7] }, 'userIds[1]'],
    ['erase request', { userIds: ['anna'], within: 'soon' }, 'within'],
  ])('refuses %s with %j', async (operation, input, field) => {
    const tiering = createWorld().open()
    await expect(tiering.perform(operation, input)).rejects.toMatchObject({ code: 'invalid_options', field })
  })

  it.each(['', 'destroy', 'close', 'scan', '__proto__', 'toString', 'hold', 'hold  add'])(
    'knows no %j',
    async (name) => {
      await expect(createWorld().open().perform(name)).rejects.toMatchObject({ code: 'not_found' })
    },
  )

  it('ends once it is told to, and once tiering is closed', async () => {
    const tiering = createWorld().open()
    await expect(tiering.perform('run', {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    await tiering.close()
    await expect(tiering.perform('run')).rejects.toMatchObject({ code: 'closed' })
  })
})
