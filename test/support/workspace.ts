import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root, with a slash at the end. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url))

export interface PackageJson {
  name: string
  version: string
  files: string[]
  exports: Record<string, string | null | { types: string; default: string }>
  bin?: Record<string, string>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

export const PACKAGES = ['protocol', 'browser', 'react', 'node', 'tiering'] as const
export type PackageName = (typeof PACKAGES)[number]

export const packageFolder = (name: PackageName): string => join(ROOT, 'packages', name)

export function packageJson(name: PackageName): PackageJson {
  return JSON.parse(readFileSync(join(packageFolder(name), 'package.json'), 'utf8')) as PackageJson
}

/** All files below a folder, relative to it. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .flatMap((name) => {
      const path = join(folder, name)
      return statSync(path).isDirectory() ? filesBelow(path).map((file) => `${name}/${file}`) : [name]
    })
    .sort()
}

/** Source files of a package, relative to its `src`. */
export const sourceFiles = (name: PackageName): string[] =>
  filesBelow(join(packageFolder(name), 'src')).filter((file) => /\.tsx?$/.test(file))

export const readSource = (name: PackageName, file: string): string =>
  readFileSync(join(packageFolder(name), 'src', file), 'utf8')

/** Specifiers that a module imports or re-exports, types included. */
export function importsOf(source: string): string[] {
  return [
    ...source.matchAll(
      /^\s*(?:import|export)\b[^'"]*?\bfrom\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|^import\s+['"]([^'"]+)['"]/gm,
    ),
  ].map(([, from, dynamic, bare]) => (from ?? dynamic ?? bare)!)
}

/** What one may import from a package, by the entries of its exports map that are built: `@analytics/node/duckdb`. */
export function publicEntries(name: PackageName): string[] {
  const { exports: map, name: scoped } = packageJson(name)
  return Object.entries(map).flatMap(([entry, target]) => {
    if (target === null || entry === './package.json') return []
    if (!entry.includes('*')) return [scoped + entry.slice(1)]
    const named = new Set(Object.keys(map))
    return filesBelow(join(packageFolder(name), 'dist'))
      .filter((file) => /^[\w-]+\.js$/.test(file) && file !== 'index.js' && !named.has(`./${file.slice(0, -3)}`))
      .map((file) => `${scoped}/${file.slice(0, -3)}`)
  })
}
