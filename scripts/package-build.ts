import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Options } from 'tsup'

/** What one package tells the shared build; everything else is the same for all five. */
export interface PackageBuild {
  platform: 'neutral' | 'browser' | 'node'
  /** Files, and folders of which each file is an entry of its own (one plug-in, one entry). */
  entries: readonly string[]
  /** Also builds one self-contained script for `<script>` tags, under this global name. */
  script?: { entry: string; globalName: string }
  /** Kept at the top of every built file: `'use client'` would otherwise be lost. */
  banner?: string
}

/** `src/stores/duckdb.ts` is published as `duckdb`, `src/testing/index.ts` as `testing`. */
export function entryName(file: string): string {
  const name = basename(file).replace(/\.tsx?$/, '')
  const folder = basename(dirname(file))
  return name === 'index' && folder !== 'src' ? folder : name
}

/** Lists the entries of a package as `{ published name: source file }`. */
export function entryFiles(entries: readonly string[], root: string = process.cwd()): Record<string, string> {
  const files = entries.flatMap((entry) =>
    statSync(join(root, entry)).isDirectory()
      ? readdirSync(join(root, entry))
          .filter((name) => /\.tsx?$/.test(name))
          .map((name) => `${entry}/${name}`)
      : [entry],
  )
  const named = Object.fromEntries(files.map((file) => [entryName(file), file]))
  // Two files of one name would silently publish one of them.
  if (Object.keys(named).length < files.length) throw new Error(`two entries share a name: ${files.join(', ')}`)
  return named
}

/** The one tsup configuration. `ANALYTICS_BUILD=js` leaves the type declarations out, for a quick start. */
export function packageBuild(build: PackageBuild): Options[] {
  const shared: Options = {
    platform: build.platform,
    target: 'es2022',
    clean: false,
    sourcemap: true,
    silent: true,
  }
  const modules: Options = {
    ...shared,
    entry: entryFiles(build.entries),
    format: 'esm',
    splitting: true,
    treeshake: false,
    dts: process.env.ANALYTICS_BUILD === 'js' ? false : { compilerOptions: { paths: {}, ignoreDeprecations: '6.0' } },
    esbuildOptions: (options) => {
      options.chunkNames = 'chunks/[name]-[hash]'
    },
    ...(build.banner ? { banner: { js: build.banner } } : {}),
  }
  if (!build.script) return [modules]
  const script: Options = {
    ...shared,
    entry: { [entryName(build.script.entry)]: build.script.entry },
    format: 'iife',
    globalName: build.script.globalName,
    noExternal: [/.*/],
    minify: true,
  }
  return [modules, script]
}
