// pnpm typecheck: each package with the types of its own environment only, then tests, examples and tools.
import { main, pnpm, root, run } from './tools.mjs'

await main(async () => {
  await pnpm(['-r', '--no-bail', 'run', 'typecheck'])
  await run([`${root}node_modules/.bin/tsc`, '-p', 'tsconfig.tools.json'])
})
