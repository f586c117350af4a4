// pnpm bench: installs the benchmarks' own dependencies, which are heavy, and runs them. Arguments name which, all by default.
import { existsSync } from 'node:fs'
import { buildPackages, main, pnpm, root, run, say } from './tools.mjs'

await main(async () => {
  if (!existsSync(`${root}packages/node/dist/index.js`)) await buildPackages({ declarations: false })
  say('Installing the dependencies of the benchmarks')
  await pnpm(['install', '--frozen-lockfile', '--dir', `${root}bench`], {
    quiet: true,
    env: { CI: 'true' },
  })
  await run([process.execPath, '--import', 'tsx', 'run.ts', ...process.argv.slice(2)], { cwd: `${root}bench` })
})
