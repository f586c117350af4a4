import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { startChild, stopChild } from '../lib/child.js'
import { wireEvents } from '../lib/events.js'
import type { Settings } from '../lib/settings.js'
import { type Cell, median, printTable, quantile } from '../lib/table.js'
import { withFolder } from '../lib/work-folder.js'
import { PATH, WRITE_KEY } from './ingest-routes.js'

const CONNECTIONS = 32
/** Events in a request, and requests that count; half as many warm up. */
const LOADS = [
  [1, 1500],
  [20, 700],
  [100, 250],
] as const
const WAYS = [
  ['express + expressHandler + duckdbStore', 'analytics'],
  ['node:http, JSON.parse', 'bare'],
] as const

interface Measured {
  perSecond: number
  p50: number
  p99: number
}

/** The whole way of an event over loopback: what is answered is durable. */
export async function ingest({ runs }: Settings): Promise<void> {
  const cells: Cell[][] = []
  for (const [batch, requests] of LOADS) {
    const measured: Record<string, Measured[]> = { analytics: [], bare: [] }
    for (let run = 0; run < runs; run++) {
      for (const [, server] of WAYS) measured[server]!.push(await measure(server, batch, requests))
    }
    const middle = (server: string, fact: keyof Measured) => median(measured[server]!.map((one) => one[fact]))
    for (const [name, server] of WAYS) {
      const perSecond = middle(server, 'perSecond')
      const ratio = perSecond / middle('bare', 'perSecond')
      cells.push([String(batch), name, perSecond, middle(server, 'p50'), middle(server, 'p99'), ratio])
    }
  }
  const title = `ingest: ${CONNECTIONS} connections over loopback, server in a process of its own`
  printTable(title, ['events a request', 'server', 'events/s', 'p50 ms', 'p99 ms', 'ratio'], cells)
}

function measure(server: string, batch: number, requests: number): Promise<Measured> {
  return withFolder(async (folder) => {
    const script = new URL('./ingest-server.ts', import.meta.url)
    const { child, message: port } = await startChild<number>(script, [server, join(folder, 'events.duckdb')])
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
    try {
      const warmUp = requests / 2
      const bodies = makeBodies(batch, requests + warmUp)
      await sendAll(agent, port, bodies.splice(0, warmUp))
      const begin = performance.now()
      const waits = await sendAll(agent, port, bodies)
      const perSecond = (batch * requests * 1000) / (performance.now() - begin)
      return { perSecond, p50: quantile(waits, 0.5), p99: quantile(waits, 0.99) }
    } finally {
      agent.destroy()
      await stopChild(child)
    }
  })
}

function makeBodies(batch: number, requests: number): string[] {
  const from = Date.now() - 60_000
  const events = wireEvents(batch * requests, { seed: 9, from, stepMs: 60_000 / (batch * requests) })
  const sentAt = new Date().toISOString()
  return Array.from({ length: requests }, (_, i) =>
    JSON.stringify({ sentAt, events: events.slice(i * batch, (i + 1) * batch) }),
  )
}

/** Keeps every connection busy until all bodies are answered; resolves to how long each took. */
async function sendAll(agent: Agent, port: number, bodies: readonly string[]): Promise<number[]> {
  const waits: number[] = []
  let next = 0
  const connection = async () => {
    while (next < bodies.length) {
      const begin = performance.now()
      await send(agent, port, bodies[next++]!)
      waits.push(performance.now() - begin)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
  return waits
}

function send(agent: Agent, port: number, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-write-key': WRITE_KEY,
    }
    const sent = request({ agent, port, host: '127.0.0.1', path: PATH, method: 'POST', headers }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`The server answered ${response.statusCode}`))
      })
    })
    sent.once('error', reject).end(body)
  })
}
