// pnpm check:packages: publint and attw over the tarballs that would be published.
import { mkdtemp, rm } from 'node:fs/promises'
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
      await run([`${root}node_modules/.bin/attw`, '--profile', 'esm-only', tarball])
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
