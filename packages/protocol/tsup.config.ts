import { defineConfig } from 'tsup'
import { packageBuild } from '../../scripts/package-build.js'

export default defineConfig(
  packageBuild({
    platform: 'neutral',
    entries: ['src/index.ts', 'src/filter/index.ts', 'src/duckdb/index.ts', 'src/testing/index.ts'],
  }),
)
