import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The scope of the five packages, here and in every source; `packTarballs` can publish them under another. */
export const SCOPE = '@analytics'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

/**
 * Packs the five built packages as they would be published and resolves to the tarballs' paths: workspace versions become real
 * ones, the licence is added, and with `scope` every name and import of our own is rewritten.
 */
export async function packTarballs(destination: string, { scope = SCOPE }: { scope?: string } = {}): Promise<string[]> {
  const staging = await mkdtemp(join(tmpdir(), 'analytics-pack-'))
  try {
    const names = await readdir(join(root, 'packages'))
    for (const name of names) await packOne(name, { staging, destination, scope })
    const prefix = `${scope.slice(1)}-`
    const files = await readdir(destination)
    return files
      .filter((file) => file.startsWith(prefix) && file.endsWith('.tgz'))
      .map((file) => join(destination, file))
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function packOne(
  name: string,
  { staging, destination, scope }: { staging: string; destination: string; scope: string },
) {
  const source = join(root, 'packages', name)
  const folder = join(staging, name)
  await mkdir(folder)
  await cp(join(source, 'dist'), join(folder, 'dist'), { recursive: true })
  await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  const readme = await readFile(join(source, 'README.md'), 'utf8')
  const manifest = await readFile(join(source, 'package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  await writeFile(join(folder, 'README.md'), rescoped(readme, scope))
  await writeFile(join(folder, 'package.json'), rescoped(manifest.replaceAll('workspace:^', `^${version}`), scope))
  if (scope !== SCOPE) await rescopeFolder(join(folder, 'dist'), scope)
  await run('npm', ['pack', '--silent', '--pack-destination', destination], {
    cwd: folder,
    shell: process.platform === 'win32',
  })
}

/** Only our own names are rewritten: the scope followed by one of the packages. */
function rescoped(text: string, scope: string): string {
  return scope === SCOPE
    ? text
    : text.replace(/@analytics\/(?=(?:protocol|browser|react|node|tiering)\b)/g, `${scope}/`)
}

async function rescopeFolder(folder: string, scope: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await rescopeFolder(path, scope)
    else await writeFile(path, rescoped(await readFile(path, 'utf8'), scope))
  }
}
