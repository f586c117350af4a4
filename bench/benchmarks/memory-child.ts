import { withAnalytics } from '../lib/hot-analytics.js'
import { ALONE, type Ask, COMPARED } from './analyses-questions.js'
import { TO } from './funnel-question.js'

/** What a question took. */
export interface Taken {
  /** Of the last time that it was asked. */
  ms: number
  /** Memory of the process before it was asked, and the most so far, in megabytes. */
  openedMb: number
  peakMb: number
}

const peakMb = (): number => process.resourceUsage().maxRSS / 1024

const [path, name, runs] = process.argv.slice(2)
const ask = ({ ...COMPARED, ...ALONE } as Readonly<Record<string, Ask>>)[name!]!
const taken = await withAnalytics({ path: path!, now: TO, keepsRows: true }, async (analytics): Promise<Taken> => {
  const openedMb = peakMb()
  let begin = 0
  for (let run = 0; run < Number(runs); run++) {
    begin = performance.now()
    await ask(analytics)
  }
  return { ms: performance.now() - begin, openedMb, peakMb: peakMb() }
})
process.send!(taken)
