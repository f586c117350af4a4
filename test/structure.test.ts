import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { entryFiles } from '../scripts/package-build.js'
import {
  filesBelow,
  importsOf,
  PACKAGES,
  type PackageName,
  packageFolder,
  packageJson,
  publicEntries,
  ROOT,
  readSource,
  sourceFiles,
} from './support/workspace.js'

/** What each package may depend on when it runs; everything else is an optional peer behind an entry of its own. */
const RUNTIME_DEPENDENCIES: Record<PackageName, string[]> = {
  protocol: [],
  browser: ['@analytics/protocol', 'fflate', 'ulid'],
  react: ['@analytics/protocol'],
  node: ['@analytics/protocol', 'bowser', 'croner', 'quickselect', 'temporal-polyfill', 'ulid', 'xxhash-wasm', 'zod'],
  tiering: ['@analytics/protocol', 'ulid'],
}

/** Packages whose code, types or tests may be imported from a package's sources. */
const MAY_IMPORT: Record<PackageName, PackageName[]> = {
  protocol: [],
  browser: ['protocol'],
  react: ['protocol', 'browser'],
  node: ['protocol'],
  tiering: ['protocol'],
}

const SOURCES = PACKAGES.flatMap((name) =>
  sourceFiles(name).map((file) => ({ name, file, source: readSource(name, file) })),
)

describe.each(PACKAGES)('%s', (name) => {
  it('publishes exactly what its sources say: entries, built files and the exports map agree', () => {
    const config = readFileSync(join(packageFolder(name), 'tsup.config.ts'), 'utf8')
    const entries = [.../entries: \[([^\]]*)\]/.exec(config)![1]!.matchAll(/'([^']+)'/g)].map(([, entry]) => entry!)
    const named = Object.keys(entryFiles(entries, packageFolder(name))).sort()
    const built = filesBelow(join(packageFolder(name), 'dist'))
    const modules = built
      .filter((file) => /^[\w-]+\.js$/.test(file))
      .map((file) => file.slice(0, -3))
      .sort()
    expect(modules).toEqual(named)
    const scoped = packageJson(name).name
    const importable = publicEntries(name).filter((entry) => !entry.endsWith('/script'))
    // A command is run, not imported.
    const commands = Object.values(packageJson(name).bin ?? {}).map((file) => basename(file, '.js'))
    const modulesToImport = named.filter((entry) => !commands.includes(entry))
    expect(importable.sort()).toEqual(
      modulesToImport.map((entry) => (entry === 'index' ? scoped : `${scoped}/${entry}`)).sort(),
    )
    for (const entry of named) expect(built, `declarations of ${entry}`).toContain(`${entry}.d.ts`)
  })

  it('depends at run time on no more than it may', () => {
    expect(Object.keys(packageJson(name).dependencies ?? {}).sort()).toEqual(RUNTIME_DEPENDENCIES[name])
  })

  it('imports other packages by their published entries only, and only those it may', () => {
    const allowed = MAY_IMPORT[name].flatMap(publicEntries)
    for (const { file, source } of SOURCES.filter((one) => one.name === name)) {
      const foreign = importsOf(source).filter((specifier) => specifier.startsWith('@analytics/'))
      for (const specifier of foreign) expect(allowed, `${name}/src/${file}`).toContain(specifier)
      for (const specifier of importsOf(source).filter((one) => one.startsWith('.'))) {
        expect(normalize(join('src', dirname(file), specifier)), `${name}/src/${file}`).toMatch(/^src\//)
      }
    }
  })

  it('has no import cycle', () => {
    expect(findCycle(name)).toBeUndefined()
  })

  it('keeps files within 400 lines', () => {
    for (const { file, source } of SOURCES.filter((one) => one.name === name)) {
      const lines = source.split('\n').length
      expect(lines, `${name}/src/${file}`).toBeLessThanOrEqual(file.startsWith('testing/') ? 500 : 400)
    }
  })

  it('is compiled with the types of its own environment alone', () => {
    const { compilerOptions } = JSON.parse(readFileSync(join(packageFolder(name), 'tsconfig.json'), 'utf8')) as {
      compilerOptions: { lib: string[]; types: string[] }
    }
    const isBrowser = name === 'browser' || name === 'react'
    const isServer = name === 'node' || name === 'tiering'
    expect(compilerOptions.lib).toEqual(isBrowser ? ['ES2023', 'DOM', 'DOM.Iterable'] : ['ES2023'])
    expect(compilerOptions.types).toEqual(isServer ? ['node'] : [])
  })
})

describe('protocol', () => {
  it('compiles where there is neither DOM nor Node', async () => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const compile = promisify(execFile)(process.execPath, [tsc, '-p', packageFolder('protocol')])
    await compile.catch((error: { stdout?: string }) => expect.fail(error.stdout ?? String(error)))
  }, 60_000)
})

describe('adapters', () => {
  const adapters = (['node', 'tiering'] as const).flatMap((name) =>
    ['stores', 'queues', 'formats'].flatMap((folder) =>
      filesBelow(join(packageFolder(name), 'src', folder))
        .filter((file) => /^[\w-]+\.ts$/.test(file))
        .map((file) => ({ name, path: `${folder}/${file}` })),
    ),
  )

  it.each(adapters)('$name/src/$path has a documented factory and a test that runs its contract', ({ name, path }) => {
    const source = readSource(name, path)
    expect(source).toMatch(/\*\/\nexport (async )?function \w+(Store|Queue|Format)\(/)
    const test = join(packageFolder(name), 'test', path.replace(/\.ts$/, '.test.ts'))
    expect(existsSync(test), test).toBe(true)
    expect(readFileSync(test, 'utf8')).toMatch(/\w+Contract\b/)
  })

  it('are found', () => {
    expect(adapters.length).toBeGreaterThanOrEqual(6)
  })
})

describe('the five packages', () => {
  it('form one fixed changeset group and have one version', () => {
    const config = JSON.parse(readFileSync(join(ROOT, '.changeset/config.json'), 'utf8')) as { fixed: string[][] }
    expect(config.fixed).toEqual([PACKAGES.map((name) => packageJson(name).name)])
    expect(new Set(PACKAGES.map((name) => packageJson(name).version)).size).toBe(1)
  })
})

/** The first cycle among a package's modules, as a list of files. */
function findCycle(name: PackageName): string[] | undefined {
  const files = new Set(sourceFiles(name))
  const resolve = (from: string, specifier: string) => {
    const base = normalize(join(dirname(from), specifier)).replace(/\.js$/, '')
    return [`${base}.ts`, `${base}.tsx`].find((candidate) => files.has(candidate))
  }
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const specifier of importsOf(readSource(name, file)).filter((one) => one.startsWith('.'))) {
      const target = resolve(file, specifier)
      const cycle = target && visit(target, [...path, file])
      if (cycle) return cycle
    }
    done.add(file)
    return undefined
  }
  for (const file of files) {
    const cycle = visit(file, [])
    if (cycle) return cycle
  }
  return undefined
}
