import { describe, expect, it } from 'vitest'
import { admission } from '../../src/analysis/admission.js'

const never = new AbortController().signal

/** Work that ends when it is told to. */
function held() {
  const log: string[] = []
  const ends: Record<string, () => void> = {}
  const work = (name: string) => async () => {
    log.push(name)
    await new Promise<void>((resolve) => {
      ends[name] = resolve
    })
    return name
  }
  return { log, work, end: (name: string) => ends[name]!() }
}

const settled = () => new Promise((resolve) => setTimeout(resolve))

describe('admission', () => {
  it('runs so many at once, and the others in the order in which they came', async () => {
    const { run } = admission({ running: 2, waiting: 5 })
    const { log, work, end } = held()
    const all = ['a', 'b', 'c', 'd'].map((name) => run(work(name), never))
    await settled()
    expect(log).toEqual(['a', 'b'])
    end('b')
    await settled()
    expect(log).toEqual(['a', 'b', 'c'])
    end('a')
    await settled()
    for (const name of ['c', 'd']) end(name)
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('refuses who finds too many waiting, and takes the next one after them', async () => {
    const { run } = admission({ running: 1, waiting: 1 })
    const { work, end } = held()
    const [first, second] = [run(work('a'), never), run(work('b'), never)]
    await expect(run(work('c'), never)).rejects.toMatchObject({ code: 'too_many_queries' })
    end('a')
    await first
    await settled()
    end('b')
    await second
    const third = run(work('d'), never)
    await settled()
    end('d')
    expect(await third).toBe('d')
  })

  it('lets who waits give up, without a loss for those behind', async () => {
    const { run } = admission({ running: 1, waiting: 2 })
    const { log, work, end } = held()
    const first = run(work('a'), never)
    const leaver = new AbortController()
    const leaving = run(work('b'), leaver.signal)
    const last = run(work('c'), never)
    leaver.abort(new Error('left'))
    await expect(leaving).rejects.toThrow('left')
    end('a')
    await first
    await settled()
    expect(log).toEqual(['a', 'c'])
    end('c')
    await last
  })

  it('gives the place of work that failed to the next', async () => {
    const { run } = admission({ running: 1, waiting: 1 })
    const failing = run(() => Promise.reject(new Error('failed')), never)
    const next = run(async () => 'next', never)
    await expect(failing).rejects.toThrow('failed')
    expect(await next).toBe('next')
  })
})
