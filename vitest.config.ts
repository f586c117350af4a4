import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vitest/config'

/**
 * Tests run on the sources, so that nothing needs a build first, except what `test/` says of built packages and the example.
 * Which source stands for which entry is said once, in the `paths` of tsconfig.json.
 */
export default defineConfig({
  plugins: [workspaceSources()],
  test: {
    include: ['packages/*/test/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Two cores, real browsers and databases: more workers only make tests time out.
    maxWorkers: 2,
  },
})

function workspaceSources(): Plugin {
  const root = fileURLToPath(new URL('.', import.meta.url))
  const { compilerOptions } = JSON.parse(readFileSync(`${root}tsconfig.json`, 'utf8')) as {
    compilerOptions: { paths: Record<string, string[]> }
  }
  const rules = Object.entries(compilerOptions.paths).map(([pattern, targets]) => ({
    expression: new RegExp(`^${pattern.replace('*', '([\\w-]+)')}$`),
    targets,
  }))
  return {
    name: 'workspace-sources',
    enforce: 'pre',
    resolveId(id) {
      for (const { expression, targets } of rules) {
        const match = expression.exec(id)
        const files = match ? targets.map((target) => root + target.replace('./', '').replace('*', match[1] ?? '')) : []
        const file = files.find((candidate) => existsSync(candidate))
        if (file) return file
      }
      return undefined
    },
  }
}
