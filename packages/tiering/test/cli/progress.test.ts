import { describe, expect, it } from 'vitest'
import { progressDisplay } from '../../src/cli/progress.js'
import type { MoveProgress } from '../../src/operations/move-context.js'

const STEP: MoveProgress = { day: '2026-08-16', step: 'verify', index: 16, of: 31 }

/** A display, and what it wrote. */
function display({ isTTY = true, columns = 80, env = {} }: { isTTY?: boolean; columns?: number; env?: object } = {}) {
  const written: string[] = []
  const output = { isTTY, columns, write: (text: string) => written.push(text) > 0 }
  let time = 0
  const shown = progressDisplay(output, { ...env }, () => time)
  return { ...shown, written, passed: (ms: number) => (time += ms) }
}

describe('the progress of a command', () => {
  it('is one line on a terminal, drawn anew and cleared at the end', () => {
    const shown = display({ env: { NO_COLOR: '1' } })
    shown.tell({ ...STEP, index: 1, step: 'seal' })
    shown.passed(3_665_000)
    shown.tell(STEP)
    shown.passed(1000)
    shown.tell({ ...STEP, index: 31, step: 'done' })
    shown.end()
    expect(shown.written).toEqual([
      '\r\u001b[K[--------------------] 1 of 31 days  2026-08-16 seal  0:00',
      '\r\u001b[K[#########-----------] 16 of 31 days  2026-08-16 verify  1:01:05',
      '\r\u001b[K[####################] 31 of 31 days  2026-08-16 done  1:01:06',
      '\r\u001b[K',
    ])
  })

  it('has no bar where it is not known how many days there are', () => {
    const shown = display()
    shown.tell({ day: '2026-08-16', step: 'done' })
    shown.end()
    expect(shown.written[0]).toBe('\r\u001b[K2026-08-16 done  0:00')
  })

  it('never wraps, and writes nothing where there is nothing to tell', () => {
    const narrow = display({ columns: 30 })
    narrow.tell(STEP)
    expect(narrow.written[0]).toHaveLength('\r\u001b[K'.length + 29)
    narrow.end()
    const idle = display()
    idle.end()
    expect(idle.written).toEqual([])
  })

  it.each([{ isTTY: false }, { env: { TERM: 'dumb' } }])('is a line for each step elsewhere: %j', (options) => {
    const shown = display(options)
    shown.tell(STEP)
    shown.end()
    expect(shown.written).toEqual(['2026-08-16 verify\n'])
  })
})
