// npm test: installs, builds, and runs every test in its short, seeded form. Arguments go to vitest.
import { buildPackages, install, main, pnpm, root, run, say } from './tools.mjs'

await main(async () => {
  await install()
  await buildPackages({ declarations: true })
  say('Building the example shop')
  await pnpm(['--filter', './examples/*', 'run', 'build'], { quiet: true })
  say('Running the tests')
  await run([process.execPath, `${root}node_modules/vitest/vitest.mjs`, 'run', ...process.argv.slice(2)])
})
