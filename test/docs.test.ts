import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { errorDocs } from '../scripts/error-docs.js'
import { filesBelow, ROOT } from './support/workspace.js'

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...filesBelow(join(ROOT, 'docs')).map((file) => `docs/${file}`),
].filter((page) => page.endsWith('.md') && !page.startsWith('docs/api/'))
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8')

/** The code blocks of a page in TypeScript, without those that are part of a list. */
const fences = (page: string) =>
  [...read(page).matchAll(/^```(tsx?)\n([\s\S]*?)^```/gm)].map(([, kind, code]) => ({ kind: kind!, code: code! }))

describe('the documentation', () => {
  it('has the table of error codes', () => {
    expect(read('docs/errors.md')).toBe(errorDocs())
  })

  it('links to files that are there', () => {
    for (const page of PAGES) {
      const targets = [...read(page).matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)].map(([, target]) => target!)
      for (const target of targets.filter((one) => !/^https?:/.test(one))) {
        expect(existsSync(join(ROOT, dirname(page), target)), `${page}: ${target}`).toBe(true)
      }
    }
  })

  it('has examples that compile', async () => {
    const cache = join(ROOT, 'node_modules/.cache')
    await mkdir(cache, { recursive: true })
    const folder = await mkdtemp(join(cache, 'docs-'))
    try {
      const examples = PAGES.flatMap((page) =>
        fences(page).map((fence, i) => ({ ...fence, name: `${page.replace(/\W/g, '-')}-${i}` })),
      )
      expect(examples.length).toBeGreaterThan(8)
      for (const { kind, code, name } of examples) await writeFile(join(folder, `${name}.${kind}`), code)
      const tsconfig = {
        extends: join(ROOT, 'tsconfig.json'),
        compilerOptions: {
          jsx: 'react-jsx',
          lib: ['ES2023', 'DOM', 'DOM.Iterable'],
          types: ['node'],
          isolatedDeclarations: false,
          declaration: false,
          noUnusedLocals: false,
          typeRoots: [join(ROOT, 'node_modules/@types')],
          paths: await examplePaths(),
        },
        include: ['*.ts', '*.tsx'],
      }
      await writeFile(join(folder, 'package.json'), '{"type":"module"}')
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
      const compile = promisify(execFile)(process.execPath, [
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        '-p',
        folder,
      ])
      await compile.catch((error: { stdout?: string }) => expect.fail(error.stdout ?? String(error)))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }, 60_000)
})

/** Our own sources, and the packages that examples use, wherever the workspace has them. */
async function examplePaths(): Promise<Record<string, string[]>> {
  const { compilerOptions } = JSON.parse(read('tsconfig.json')) as {
    compilerOptions: { paths: Record<string, string[]> }
  }
  const own = Object.entries(compilerOptions.paths).map(([name, targets]) => [
    name,
    targets.map((target) => join(ROOT, target)),
  ])
  const used = {
    express: 'packages/node/node_modules/@types/express',
    fastify: 'packages/node/node_modules/fastify',
    oracledb: 'packages/node/node_modules/@types/oracledb',
    pg: 'packages/node/node_modules/@types/pg',
    zod: 'packages/node/node_modules/zod',
    react: 'packages/react/node_modules/@types/react',
    'react/jsx-runtime': 'packages/react/node_modules/@types/react/jsx-runtime',
  }
  return Object.fromEntries([
    ...own,
    ...Object.entries(used).map(([name, target]) => [name, [join(ROOT, target)]]),
  ]) as Record<string, string[]>
}
