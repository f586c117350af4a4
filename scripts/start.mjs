// npm start: installs, builds and runs the example app on the embedded default. Arguments go to the app, such as -- --seed 120d
import { resolve } from 'node:path'
import { buildExample, buildPackages, install, main, root, run, say } from './tools.mjs'

await main(async () => {
  await install()
  await buildPackages({ declarations: false })
  await buildExample()
  say('Starting the example app (Ctrl-C stops it)')
  await run([process.execPath, '--import', 'tsx', 'server/main.ts', ...process.argv.slice(2)], {
    cwd: `${root}examples/express-react`,
    env: { ANALYTICS_DATA_DIR: resolve(root, process.env.ANALYTICS_DATA_DIR ?? '.data') },
  })
})
