import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { packageFolder, ROOT } from './support/workspace.js'

/** What would betray server code in a browser bundle: Node modules, SQL, the validation library. */
const FORBIDDEN = [
  /\bnode:\w+/,
  /\brequire\(/,
  /\bSELECT\b.*\bFROM\b/,
  /\bINSERT INTO\b/i,
  /\bCREATE TABLE\b/i,
  /ZodError|ZodObject|\bzod\b/,
  /\bprocess\.(env|cwd|versions)\b/,
  /duckdb/i,
]

async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(packageFolder('react')), loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    external: ['react', 'react/jsx-runtime'],
    absWorkingDir: ROOT,
  })
  return outputFiles[0]!.text
}

function expectBrowserCode(code: string): void {
  expect(code.length).toBeGreaterThan(1000)
  for (const pattern of FORBIDDEN) expect(code).not.toMatch(pattern)
}

describe('the browser bundle', () => {
  it('of the tracker holds no Node, SQL or zod', async () => {
    expectBrowserCode(await bundle(`export * from '@analytics/browser'`))
  })

  it('of the hooks holds no Node, SQL or zod', async () => {
    expectBrowserCode(await bundle(`export * from '@analytics/react'`))
  })

  it('as a script for <script> tags holds no Node, SQL or zod, and no import', () => {
    const code = readFileSync(join(packageFolder('browser'), 'dist/script.global.js'), 'utf8')
    expectBrowserCode(code)
    expect(code).not.toMatch(/\bimport\s*[({'"]|\bexport\s*\{/)
  })
})
