import { createRequire } from 'node:module'
import { storedEvents } from './lib/events.ts'

const duckdb: any = await import(createRequire('/work/main/packages/node/package.json').resolve('@duckdb/node-api'))
const pre = Array.from({ length: 200 }, (_, i) =>
  storedEvents(500, { seed: 5 + i, from: 1.79e12 + i * 500 * 50, stepMs: 50 }),
)
const names = [
  'eventId',
  'eventType',
  'sessionId',
  'eventCategory',
  'eventLabel',
  'userId',
  'pageUrl',
  'userAgent',
  'ipAddress',
  'country',
  'deviceType',
  'browser',
  'os',
]
const t = performance.now()
let n = 0
for (const b of pre) for (const e of b) n += JSON.stringify(e.properties).length
console.log('stringify/batch', (performance.now() - t) / 200)
const js = pre.map((b) => b.map((e) => JSON.stringify(e.properties)))
const time = (f: any) => {
  for (let i = 0; i < 100; i++) f(i)
  const t = performance.now()
  for (let i = 0; i < 200; i++) f(i)
  return ((performance.now() - t) / 200).toFixed(3)
}
const ch = duckdb.DuckDBDataChunk.create([duckdb.VARCHAR], 500)
for (const k of names)
  console.log(
    k,
    time((i: number) => {
      ch.rowCount = 500
      const v = ch.getColumnVector(0)
      const b = pre[i] as any
      for (let r = 0; r < 500; r++) v.setItem(r, b[r][k])
      v.flush()
    }),
  )
console.log(
  'props',
  time((i: number) => {
    ch.rowCount = 500
    const v = ch.getColumnVector(0)
    const b = js[i]!
    for (let r = 0; r < 500; r++) v.setItem(r, b[r])
    v.flush()
  }),
)
console.log(
  'null',
  time((i: number) => {
    ch.rowCount = 500
    const v = ch.getColumnVector(0)
    for (let r = 0; r < 500; r++) v.setItem(r, null)
    v.flush()
  }),
)
