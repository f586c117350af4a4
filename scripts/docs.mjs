// pnpm run docs: writes the page of error codes and the API reference.
import { writeFileSync } from 'node:fs'
import { register } from 'tsx/esm/api'
import { main, root, run, say } from './tools.mjs'

register()
const { errorDocs } = await import('./error-docs.ts')

await main(async () => {
  say('Writing docs/errors.md')
  writeFileSync(`${root}docs/errors.md`, errorDocs())
  say('Writing the API reference to docs/api')
  await run([`${root}node_modules/.bin/typedoc`])
})
