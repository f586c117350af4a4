// pnpm soak: runs every test, those that have a long form in that form.
import { main, root, run, say } from './tools.mjs'

await main(async () => {
  say('Running the tests in their long form')
  const args = ['run', '--testTimeout=3600000', ...process.argv.slice(2)]
  await run([process.execPath, `${root}node_modules/vitest/vitest.mjs`, ...args], { env: { ANALYTICS_SOAK: '1' } })
})
