// npm test: installs, builds, and runs every test in its short, seeded form. Arguments go to vitest.
import { buildExample, buildPackages, install, main, root, run, say } from './tools.mjs'

await main(async () => {
  await install()
  await buildPackages({ declarations: true })
  await buildExample()
  say('Running the tests')
  await run([process.execPath, `${root}node_modules/vitest/vitest.mjs`, 'run', ...process.argv.slice(2)])
})
