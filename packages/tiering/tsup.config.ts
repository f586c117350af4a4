import { defineConfig } from 'tsup'
import { packageBuild } from '../../scripts/package-build.js'

export default defineConfig(
  packageBuild({
    platform: 'node',
    entries: ['src/index.ts', 'src/cli.ts', 'src/stores', 'src/formats', 'src/testing/index.ts'],
  }),
)
