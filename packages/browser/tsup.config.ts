import { defineConfig } from 'tsup'
import { packageBuild } from '../../scripts/package-build.js'

export default defineConfig(
  packageBuild({
    platform: 'browser',
    entries: ['src/index.ts'],
    script: { entry: 'src/script.ts', globalName: 'analyticsScript' },
  }),
)
