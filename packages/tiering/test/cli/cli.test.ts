import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
/** What was built: a process that compiles first would take most of the time of these tests. */
const built = (file: string) => JSON.stringify(pathToFileURL(join(PACKAGE, 'dist', file)).href)

/** Two old days in a hot tier of the process, and what is in the folder already. */
const CONFIG = `
  import { createTiering } from ${built('index.js')}
  import { fileObjectStore } from ${built('file.js')}
  import { memoryHotTier, sampleEvents } from ${built('testing.js')}
  export default async () => {
    const now = () => Date.parse(process.env.NOW ?? '2027-09-01')
    const hot = memoryHotTier({ now })
    for (const day of ['2026-08-01', '2026-08-02']) await hot.insert(sampleEvents({ day, count: 20, seed: 1 }))
    const cold = fileObjectStore({ dir: process.env.DIR, now })
    const policy = { dropAfter: '90d', archiveAfter: '1y', expireAfter: '2y' }
    const tiering = createTiering({ hot, cold, policy, now })
    if (process.env.MOVED) await tiering.run()
    if (process.env.SLOW) tiering.run = ({ signal }) => new Promise((_, reject) => {
      console.error('waits')
      const working = setInterval(() => {}, 1000)
      signal.addEventListener('abort', () => {
        clearInterval(working)
        reject(signal.reason)
      })
    })
    return { tiering, close: async () => { await tiering.close(); console.error('closed') } }
  }`

describe('analytics-tiering', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-cli-'))
    await writeFile(join(folder, 'analytics.config.mjs'), CONFIG)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const command = (args: readonly string[]) => ['dist/cli.js', ...args]
  const environment = (env: Record<string, string>) => ({
    cwd: PACKAGE,
    env: { ...process.env, DIR: join(folder, `cold-${Math.random()}`), ...env },
  })
  const config = () => ['--config', join(folder, 'analytics.config.mjs')]

  async function run(line: string, env: Record<string, string> = {}) {
    try {
      const args = [...(line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', '')), ...config()]
      const { stdout, stderr } = await promisify(execFile)(process.execPath, command(args), environment(env))
      return { code: 0, stdout, stderr }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { code, stdout, stderr }
    }
  }

  it('tells what is due, does it and shows where it stands', async () => {
    const plan = await run('plan')
    expect(plan.stdout).toContain('2026-08-01  move      20  It is 395 days old, dropAfter is 90d.')
    const moved = await run('run')
    expect(moved).toMatchObject({ code: 0, stdout: '2 days moved, 40 events.\n' })
    expect(moved.stderr.split('\n')).toEqual(expect.arrayContaining(['2026-08-01 seal', '2026-08-02 done', 'closed']))
    const status = JSON.parse((await run('status --json', { MOVED: '1' })).stdout) as { days: { state: string }[] }
    expect(status.days.map(({ state }) => state)).toEqual(['cold', 'cold'])
    expect(plan.stdout).toContain('About 10 requests, ')
    const costs = (await run('costs', { MOVED: '1' })).stdout
    expect(costs).toMatch(/^all +10 /m)
    expect(costs).toMatch(/\nStored: [\d.]+ KiB cold, 0 B in the archive\.\n$/)
    const explained = (await run('explain 2026-08-01', { MOVED: '1' })).stdout
    expect(explained).toMatch(
      /^2026-08-01 is cold: 20 events, 0 of them in the hot store only\.\nIt is 395 days old, archiveAfter is 1y\.\nevents\/dt=2026-08-01\//,
    )
    expect((await run('verify --deep', { MOVED: '1' })).stdout).toMatch(/^Nothing is wrong: 2 segments, /)
  }, 60_000)

  it('archives, estimates and asks for restores', async () => {
    expect((await run('archive', { MOVED: '1' })).stdout).toBe('2 days archived, 40 events.\n')
    const estimate = await run('restore estimate --from 2026-08-01 --to 2026-08-02', { MOVED: '1' })
    expect(estimate.stdout).toBe('0 days, 0 objects, 0 B; readable within 0 minutes.\n')
    expect((await run('restore request --from 2026-08-01 --hours 500', { MOVED: '1' })).stderr).toMatch(
      /^invalid_options: hours is no whole number from 1 to 240\./m,
    )
  }, 60_000)

  it('deletes nothing without --yes', async () => {
    const late = { MOVED: '1', NOW: '2029-01-01' }
    expect((await run('expire', late)).stdout).toBe(
      '2 days would be deleted, 40 events.\nNothing was deleted: --yes does it.\n',
    )
    expect((await run('expire --yes', late)).stdout).toBe('2 days deleted, 40 events.\n')
    expect((await run('hold add --from 2026-08-01 --reason "a case"', late)).stdout).toMatch(/^Held as \w{26}\.\n$/)
    expect((await run('hold list', late)).stdout).toBe('There are no holds.\n')
  }, 60_000)

  it('finds what a lost database has forgotten, and writes nothing without --yes', async () => {
    const DIR = join(folder, 'lost-database')
    await run('run', { DIR })
    const told = await run('rebuild-catalog --deep', { DIR })
    expect(told.stdout).toBe('2 segments of 2 days found, 40 events.\nNothing was written: --yes does it.\n')
    const written = await run('rebuild-catalog --yes', { DIR })
    expect(written).toMatchObject({ code: 0, stdout: '2 segments of 2 days found, 40 events.\n' })
  }, 60_000)

  it('erases nobody without --yes, and goes on by hand', async () => {
    const moved = { MOVED: '1' }
    const estimate = await run('erase request --user user-0 --visitor visitor-0', moved)
    expect(estimate).toMatchObject({ code: 0 })
    expect(estimate.stdout).toMatch(
      /^2 segments of 2 days may have events of the person, .*\n0 of them, .*\nAbout 20 requests, .*\nNothing was erased: --yes does it\.\n$/,
    )
    const asked = await run('erase request --user user-0 --within 5d --yes', moved)
    expect(asked.stdout).toMatch(
      /^\w{26} is pending\. Waits for settling\. Due 2027-09-06 00:00 UTC\.\nGo on with erase run until it is complete\.\n$/,
    )
    expect((await run('erase list', moved)).stdout).toBe('Every erasure is complete.\n')
    expect((await run('erase run', moved)).stdout).toBe('0 days rewritten, 0 events.\n')
    expect((await run('erase request', moved)).stderr).toMatch(/^invalid_identity: Name a person/m)
    expect((await run('erase receipt other', moved)).stderr).toMatch(/^not_found: There is no erasure other/m)
  }, 60_000)

  it('says what it takes, and what is wrong', async () => {
    const help = await run('--help')
    expect(help.code).toBe(0)
    expect(help.stdout).toContain('restore request --from <day> [--to <day>] [--hours <1-240>] [--wait]')
    for (const [line, message] of [
      ['', /analytics-tiering <command>/],
      ['destroy', /analytics-tiering <command>/],
      ['plan --unknown', /--unknown/],
      ['explain yesterday', /^invalid_options: day is no day/m],
      ['restore estimate', /^invalid_options: --from is missing/m],
      ['restore estimate --from 2026-13-01', /^invalid_options: --from is no day/m],
      ['restore estimate --from 2026-08-02 --to 2026-08-01', /^invalid_options: --to is before --from/m],
      ['hold add --from 2026-08-01', /^invalid_options: reason is missing/m],
      ['hold release other', /^not_found: There is no hold other/m],
    ] as const) {
      const { code, stdout, stderr } = await run(line)
      expect({ code, stdout }, line).toEqual({ code: 1, stdout: '' })
      expect(stderr, line).toMatch(message)
    }
    for (const [args, message] of [
      [['--url', 'http://localhost:1', ...config()], /^invalid_options: Give either --url or --config/],
      [['--url', 'http://localhost:1'], /^invalid_options: Give an admin key in the environment variable/],
      [['--url', 'http://localhost:1', '--key-file', 'none'], /^invalid_options: none can't be read: ENOENT/],
      [['--key-file', 'none'], /^invalid_options: --key-file goes with --url/],
    ] as const) {
      const refused = await promisify(execFile)(
        process.execPath,
        command(['plan', ...args]),
        environment({ ANALYTICS_ADMIN_KEY: '' }),
      ).catch((error: { stderr: string }) => error)
      expect(refused.stderr).toMatch(message)
    }
    const missing = await promisify(execFile)(
      process.execPath,
      command(['plan', '--config', join(folder, 'none.mjs')]),
      environment({}),
    ).catch((error: { stderr: string }) => error)
    expect(missing.stderr).toMatch(/^invalid_options: .*none\.mjs can't be loaded.*Name a file with --config/)
  }, 120_000)

  it('ends in order on Ctrl-C', async () => {
    const child = spawn(process.execPath, command(['run', ...config()]), environment({ SLOW: '1' }))
    let text = ''
    let isAsked = false
    child.stderr.on('data', (data: Buffer) => {
      text += data.toString()
      if (isAsked || !text.includes('waits')) return
      isAsked = true
      child.kill('SIGINT')
    })
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(1)
    expect(text).toContain('closed')
  }, 30_000)
})
