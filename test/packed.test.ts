import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packTarballs } from '../scripts/pack.js'
import { PACKAGES, packageJson, publicEntries } from './support/workspace.js'

const run = promisify(execFile)
const node = async (folder: string, script: string) =>
  (await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })).stdout.trim()

/** Installs tarballs into an empty folder, as a user's `npm install` would. */
async function installInto(folder: string, tarballs: readonly string[], react = '19'): Promise<void> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }))
  const flags = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline']
  await run('npm', ['install', ...flags, `react@${react}`, `react-dom@${react}`, 'zod@4', ...tarballs], {
    cwd: folder,
    shell: process.platform === 'win32',
  })
}

describe('the tarballs, installed into an empty folder', () => {
  let folder: string
  let tarballs: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-packed-'))
    tarballs = await packTarballs(folder)
    await installInto(folder, tarballs)
  }, 240_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(PACKAGES.flatMap(publicEntries).filter((entry) => !entry.endsWith('/script')))('import %s', async (entry) => {
    const names = JSON.parse(
      await node(folder, `console.log(JSON.stringify(Object.keys(await import('${entry}'))))`),
    ) as string[]
    expect(names.length).toBeGreaterThan(0)
    expect(names).not.toContain('default')
  })

  it('can be required from CommonJS', async () => {
    const { stdout } = await run(
      process.execPath,
      ['-e', `console.log(typeof require('@analytics/node').createAnalytics)`],
      { cwd: folder },
    )
    expect(stdout.trim()).toBe('function')
  })

  it('share one error class across entries', async () => {
    const script = `
      import { AnalyticsError } from '@analytics/node'
      import { duckdbStore } from '@analytics/node/duckdb'
      try { duckdbStore({ path: '' }) } catch (error) { console.log(error instanceof AnalyticsError, error.code) }`
    expect(await node(folder, script)).toBe('true invalid_options')
  })

  it('print the tables of a store by a command, without its driver', async () => {
    const { stdout } = await run('npx', ['--no-install', 'analytics-node', 'schema', 'oracle', '--prefix', 'team_'], {
      cwd: folder,
      shell: process.platform === 'win32',
    })
    expect(stdout).toMatch(/^CREATE TABLE team_user_events \([\s\S]*PARTITION BY RANGE \(event_day\)/m)
  })

  it('say which package is missing when an optional one is', async () => {
    const script = `
      import { duckdbStore } from '@analytics/node/duckdb'
      await duckdbStore({ path: ':memory:' }).setup('auto').catch((error) => console.log(error.code, error.message))`
    expect(await node(folder, script)).toMatch(/^missing_dependency .*@duckdb\/node-api/)
  })

  it("keep 'use client' at the top of the React entry", async () => {
    const built = await readFile(join(folder, 'node_modules/@analytics/react/dist/index.js'), 'utf8')
    expect(built).toMatch(/^['"]use client['"]/)
  })

  it('hold built files, a licence and a readme, and no sources or tests', async () => {
    for (const name of PACKAGES) {
      const files = await readdir(join(folder, 'node_modules', packageJson(name).name))
      expect(files.sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json'])
    }
  })

  it('can be published under another scope by one change', async () => {
    const other = await mkdtemp(join(tmpdir(), 'analytics-scope-'))
    try {
      await installInto(other, await packTarballs(other, { scope: '@elsewhere' }), '18')
      expect(await node(other, `console.log(typeof (await import('@elsewhere/node')).createAnalytics)`)).toBe(
        'function',
      )
      expect(
        await node(other, `console.log(Object.keys(await import('@elsewhere/tiering')).includes('createTiering'))`),
      ).toBe('true')
      // And there, as it is installed anyway, with the oldest React.
      const render = `
        import { createElement, version } from 'react'
        import { renderToString } from 'react-dom/server'
        import { createAnalytics } from '@elsewhere/browser'
        import { AnalyticsProvider, useAnalytics } from '@elsewhere/react'
        const Hook = () => createElement('p', null, version.split('.')[0] + ' ' + typeof useAnalytics().trackEvent)
        const client = createAnalytics({ writeKey: 'wk_test_key' })
        console.log(renderToString(createElement(AnalyticsProvider, { client }, createElement(Hook))))`
      expect(await node(other, render)).toBe('<p>18 function</p>')
    } finally {
      await rm(other, { recursive: true, force: true })
    }
  }, 240_000)
})
