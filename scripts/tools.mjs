import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const root = fileURLToPath(new URL('..', import.meta.url))

const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

/** Says what is being done. */
export function say(text) {
  console.log(`\n▸ ${text}`)
}

/** The command that runs the pnpm which package.json names: the one on the PATH if it fits, else npm fetches it. */
function pnpmCommand() {
  const installed = spawnSync('pnpm', ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' })
  return installed.stdout?.trim() === packageManager.split('@')[1]
    ? ['pnpm']
    : ['npm', 'exec', '--yes', '--loglevel=error', `--package=${packageManager}`, '--', 'pnpm']
}

let pnpmParts

/** Runs pnpm in the root. */
export function pnpm(args, options = {}) {
  pnpmParts ??= pnpmCommand()
  return run([...pnpmParts, ...args], options)
}

/**
 * Runs a command to its end, its output shown. Rejects where it fails. Signals that reach only this process are handed on;
 * Ctrl-C in a terminal reaches the command by itself, and this waits for it to end.
 */
export function run([command, ...args], { cwd = root, env = {}, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      shell: process.platform === 'win32',
    })
    let output = ''
    child.stdout?.on('data', (data) => (output += data))
    child.stderr?.on('data', (data) => (output += data))
    const terminate = () => child.kill('SIGTERM')
    // A second SIGINT would end the command at once: outside of a terminal, nobody knows whether it has had the first.
    const interrupt = process.stdin.isTTY ? () => {} : terminate
    process.on('SIGTERM', terminate)
    process.on('SIGINT', interrupt)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      process.off('SIGTERM', terminate)
      process.off('SIGINT', interrupt)
      if (code === 0) return resolve(output)
      if (quiet) process.stderr.write(output)
      reject(
        Object.assign(new Error(`${[command, ...args].join(' ')} ended with ${signal ?? code}`), {
          exitCode: code ?? 1,
        }),
      )
    })
  })
}

/** Installs what the lockfile names, nothing else. */
export async function install() {
  say('Installing dependencies (frozen lockfile)')
  await pnpm(['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'], {
    quiet: true,
    env: { CI: 'true' },
  })
}

/** Builds the five packages; without type declarations it takes a few seconds. */
export async function buildPackages({ declarations }) {
  say(declarations ? 'Building the packages' : 'Building the packages (without type declarations)')
  const env = declarations ? {} : { ANALYTICS_BUILD: 'js' }
  await pnpm(['-r', '--filter', './packages/*', 'run', 'build'], { quiet: true, env })
}

/** Builds the client of the example app. */
export async function buildExample() {
  say('Building the example shop')
  await pnpm(['--filter', './examples/express-react', 'run', 'build'], { quiet: true })
}

/** Runs the steps in turn and ends with the exit code of the first that fails. */
export async function main(steps) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Node ${process.versions.node} is too old: this needs 20.19 or later.`)
    process.exit(1)
  }
  try {
    await steps()
  } catch (error) {
    console.error(`\n✗ ${error.message}`)
    process.exitCode = error.exitCode ?? 1
  }
}
