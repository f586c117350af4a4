import { Presets, SingleBar } from 'cli-progress'

/** Shows how far something is. */
export interface Progress {
  update(done: number, total: number): void
  /** Ends the bar, so that what is printed next begins on a line of its own. */
  stop(): void
}

/** A bar where somebody watches, and a line every tenth of the way where the output goes to a file. */
export function createProgress(unit: string): Progress {
  return process.stdout.isTTY ? bar(unit) : lines(unit)
}

function bar(unit: string): Progress {
  const single = new SingleBar(
    { format: `  {bar} {value}/{total} ${unit}, {eta_formatted} left` },
    Presets.shades_classic,
  )
  let isStarted = false
  return {
    update(done, total) {
      if (isStarted) single.update(done)
      else single.start(total, done)
      isStarted = true
    },
    stop: () => single.stop(),
  }
}

function lines(unit: string): Progress {
  let tenths = 0
  return {
    update(done, total) {
      const reached = Math.floor((done / total) * 10)
      if (reached > tenths) console.log(`  ${done}/${total} ${unit}`)
      tenths = reached
    },
    stop() {},
  }
}
