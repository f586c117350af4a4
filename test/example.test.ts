import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventsResult, FunnelResult, QueryAnswer } from '@analytics/protocol'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium, skipsChromium } from '../packages/browser/test/support/chromium.js'
import { ask, type ExampleApp, KEYS, startExample } from './support/example.js'

const RANGE = { from: '2020-01-01', to: '2100-01-01' }
const FUNNEL = {
  kind: 'funnel',
  range: RANGE,
  steps: [
    { event: 'page_view' },
    { event: 'page_view', where: { property: 'pageUrl', op: 'contains', value: '/product/' } },
    { event: 'add_to_cart' },
    { event: 'checkout' },
  ],
}

/** A visit from the front page to the order, with an error on the way; the tab is closed right after the order. */
async function buyAndLeave(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.getByTestId('error-button').click()
  await page.locator('a[href^="/product/"]').first().click()
  await page.getByTestId('add-to-cart').click()
  await page.locator('.cart-link').click()
  await page.getByRole('link', { name: /checkout/i }).click()
  await page.locator('input[name=email]').fill('visitor@example.com')
  await page.locator('form [type=submit]').click()
  await page.getByTestId('checkout-submit').click()
  await page.close()
}

const users = ({ result }: QueryAnswer & { result: FunnelResult }) => result.steps.map((step) => step.users)
type FunnelAnswer = QueryAnswer & { result: FunnelResult }
type EventsAnswer = QueryAnswer & { result: EventsResult }

describe.skipIf(skipsChromium())('the example in Chromium', () => {
  let folder: string
  let browser: Browser
  let app: ExampleApp

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-example-'))
    browser = await launchChromium()
    app = await startExample(folder)
  })
  afterAll(async () => {
    await browser.close()
    await app.stop('SIGTERM')
    await rm(folder, { recursive: true, force: true })
  })

  it('records a whole visit, the closing tab included, each event once', async () => {
    await buyAndLeave(await browser.newPage(), app.url)
    await expect.poll(async () => users(await ask<FunnelAnswer>(app, FUNNEL)), { timeout: 5000 }).toEqual([1, 1, 1, 1])

    const { result } = await ask<EventsAnswer>(app, { kind: 'events', range: RANGE, limit: 1000 })
    const ids = result.events.map(({ eventId }) => eventId)
    expect(new Set(ids).size).toBe(ids.length)
    const errors = result.events.filter(({ eventType }) => eventType === 'error')
    expect(errors).toHaveLength(1)
    expect(errors[0]!.properties).toMatchObject({ message: expect.any(String), stack: expect.any(String) })
    const types = result.events.map(({ eventType }) => eventType)
    expect(types.filter((type) => type === 'session_start')).toHaveLength(1)
    expect(types.filter((type) => type === 'purchase')).toHaveLength(1)
    expect(result.events.find(({ eventType }) => eventType === 'purchase')).toMatchObject({
      userId: expect.any(String),
      eventValue: expect.any(Number),
      browser: expect.stringContaining('Chrom'),
      ipAddress: '127.0.0.0',
    })
  })

  it("shows the visit on the dashboard, asked over HTTP with the reader's key", async () => {
    const page = await browser.newPage()
    await page.goto(`${app.url}/admin`)
    await page.getByTestId('read-key').fill(KEYS.read)
    await page.getByTestId('read-key').press('Enter')
    await expect.poll(() => page.getByTestId('funnel-step-0').getAttribute('data-users'), { timeout: 10_000 }).toBe('1')
    expect(await page.getByTestId('funnel-step-4').getAttribute('data-users')).toBe('1')
    await expect.poll(() => page.getByTestId('live-visitors').textContent(), { timeout: 5000 }).toBe('1')
    const today = new Date().toISOString().slice(0, 10)
    await expect.poll(() => page.getByTestId(`tier-day-${today}`).getAttribute('data-state')).toBe('hot')
    await page.close()
    const { result } = await ask<EventsAnswer>(app, { kind: 'events', range: RANGE, limit: 1000 })
    expect(result.events.filter(({ pageUrl }) => pageUrl?.includes('/admin'))).toEqual([])
  })

  it('has the visit in cold storage 91 days later, and the same funnel', async () => {
    const before = await ask<FunnelAnswer>(app, FUNNEL)
    expect(before.meta.tiersRead.cold.segments).toBe(0)
    await app.stop('SIGTERM')
    app = await startExample(folder, { clockOffset: '91d' })

    const run = async () => {
      const response = await fetch(`${app.url}/analytics/tiers/run`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEYS.admin}` },
      })
      return (await response.json()) as { moved: unknown[]; failed: unknown[]; status: string }
    }
    await expect
      .poll(async () => (await ask<FunnelAnswer>(app, FUNNEL)).meta.tiersRead.cold.segments, { timeout: 10_000 })
      .toBe(1)
    const after = await ask<FunnelAnswer>(app, FUNNEL)
    expect(after.result).toEqual(before.result)
    expect(after.meta).toMatchObject({ complete: true, tiersRead: { hot: { rows: 0 }, cold: { segments: 1 } } })
    await expect.poll(async () => (await run()).status).toBe('done')
    expect(await run()).toMatchObject({ moved: [], failed: [] })
  })

  it('stops on Ctrl-C with everything stored, also while a dashboard listens', async () => {
    const stream = await fetch(`${app.url}/analytics/realtime`, { headers: { authorization: `Bearer ${KEYS.read}` } })
    expect(stream.ok).toBe(true)
    const ended = await app.stop('SIGINT')
    await stream.body?.cancel().catch(() => {})
    expect(ended).toEqual({ code: 0, signal: null })
    app = await startExample(folder, { clockOffset: '91d' })
    expect(users(await ask<FunnelAnswer>(app, FUNNEL))).toEqual([1, 1, 1, 1])
  })
})
