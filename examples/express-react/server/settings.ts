import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { DAY_MS, durationMs } from '@analytics/protocol'
import { type Clock, createClock } from './clock.js'

/** One key for each scope. */
export interface Keys {
  write: string
  read: string
  admin: string
}

/** What the environment and the command line say. */
export interface Settings {
  host: string
  port: number
  dataDir: string
  keys: Keys
  now: Clock
  /** Days to fill before the server starts; 0 for none. */
  seedDays: number
}

/** Keys that everybody knows: for a machine of one's own, and nothing else. */
export const DEVELOPMENT_KEYS: Keys = { write: 'wk_development', read: 'rk_development', admin: 'ak_development' }

/** Reads the settings. @throws RangeError that names the setting at fault. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const { values } = parseArgs({ args: [...args], options: { seed: { type: 'string' } } })
  const { HOST, PORT, ANALYTICS_DATA_DIR, ANALYTICS_CLOCK_OFFSET, INIT_CWD } = env
  return {
    host: HOST || '127.0.0.1',
    port: readPort(PORT || '3000'),
    // INIT_CWD is the folder where the user called npm or pnpm, which start scripts in the folder of their package.
    dataDir: resolve(INIT_CWD ?? '.', ANALYTICS_DATA_DIR || '.data'),
    keys: {
      write: env.ANALYTICS_WRITE_KEY || DEVELOPMENT_KEYS.write,
      read: env.ANALYTICS_READ_KEY || DEVELOPMENT_KEYS.read,
      admin: env.ANALYTICS_ADMIN_KEY || DEVELOPMENT_KEYS.admin,
    },
    now: createClock(ANALYTICS_CLOCK_OFFSET),
    seedDays: values.seed === undefined ? 0 : readDays(values.seed),
  }
}

function readPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new RangeError(`PORT is "${text}": it takes a number from 0 to 65535.`)
}

function readDays(text: string): number {
  const days = (durationMs(text) ?? 0) / DAY_MS
  if (Number.isInteger(days) && days >= 1 && days <= 1000) return days
  throw new RangeError(`--seed is "${text}": it takes whole days from 1d to 1000d, such as 120d.`)
}
