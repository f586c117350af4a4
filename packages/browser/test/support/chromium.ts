import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chrome']

/** Where Chromium is: `CHROMIUM_PATH`, `/usr/bin/chromium`, or on the path. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return [...(named ? [named] : []), '/usr/bin/chromium', ...onPath].find((file) => existsSync(file))
}

/**
 * Whether tests in a real browser are to be skipped. Says so, and under `CI=true` refuses: there a missing browser must
 * not look like a pass.
 */
export function skipsChromium(): boolean {
  if (findChromium()) return false
  const reason = 'No Chromium found: set CHROMIUM_PATH or install it. The tests in a real browser are skipped.'
  if (process.env.CI === 'true') throw new Error(reason)
  console.warn(reason)
  return true
}

/** Starts Chromium with a profile of its own. */
export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('No Chromium found.')
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  })
}
