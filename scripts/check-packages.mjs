// pnpm check:packages: publint and attw over the tarballs that would be published.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { register } from 'tsx/esm/api'
import { main, root, run, say } from './tools.mjs'

register()
const { packTarballs } = await import('./pack.ts')

await main(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'analytics-packages-'))
  try {
    for (const tarball of await packTarballs(folder)) {
      say(`Checking ${basename(tarball)}`)
      await run([`${root}node_modules/.bin/publint`, '--strict', tarball])
      // attw does not expand the wildcard of the plug-ins; the script for <script> tags is no module and has no types.
      const plugIns = ['--include-entrypoints', ...(await entriesOf(basename(tarball).split('-')[1]))]
      const checked = [tarball, '--profile', 'esm-only', '--format', 'table-flipped', '--exclude-entrypoints', 'script']
      await run([`${root}node_modules/.bin/attw`, ...checked, ...plugIns])
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** The entries of a package by its built declarations. */
async function entriesOf(name) {
  const files = await readdir(`${root}packages/${name}/dist`)
  return (
    files
      // A command is run, not imported.
      .filter((file) => /^[a-z-]+\.js$/.test(file) && file !== 'cli.js')
      .map((file) => (file === 'index.js' ? '.' : `./${file.slice(0, -3)}`))
  )
}
