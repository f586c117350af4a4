import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Analytics, AnalyticsOptions } from '../src/index.js'
import { launchChromium, skipsChromium } from './support/chromium.js'
import { bundle, bundleScript, type Site, startSite } from './support/site.js'

declare global {
  interface Window {
    createAnalytics(options: AnalyticsOptions): Analytics
  }
}

const PAGE = `<!doctype html><title>Shop</title><script type="module" src="/app.js"></script>
<main>
  <button id="buy" data-analytics="buy"><b>Buy</b> now <textarea>secret</textarea></button>
  <a id="link" data-analytics="docs" href="#top?token=1">Docs</a>
  <form id="newsletter" name="news" data-analytics="subscribe" onsubmit="return false">
    <input name="id" value="trap" /><input name="name" type="password" value="hunter2" /><button id="send">Send</button>
  </form>
</main>`

describe.skipIf(skipsChromium())('in Chromium', () => {
  let browser: Browser
  let scripts: Map<string, string>
  let site: Site
  let page: Page

  beforeAll(async () => {
    scripts = await bundle()
    scripts.set('/script.js', await bundleScript())
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    site = await startSite(PAGE, scripts)
    const context = await browser.newContext()
    page = await context.newPage()
  })
  afterEach(async () => {
    await page.context().close()
    await site.close()
  })

  /** Opens a page and creates the tracker on it. */
  async function open(path = '/', options: Partial<AnalyticsOptions> = {}): Promise<void> {
    await page.goto(site.origin + path)
    await page.waitForFunction(() => 'createAnalytics' in window)
    await page.evaluate((given) => {
      window.analytics = window.createAnalytics({ writeKey: 'wk_test', flushInterval: 60_000, ...given })
    }, options)
  }

  async function trackMany(count: number, then: 'navigate' | 'stay'): Promise<void> {
    await page.evaluate(
      ([total, next]) => {
        const text = 'an event of half a kilobyte or so '.repeat(6)
        for (let n = 0; n < total; n++) window.analytics?.track('added', { n, text })
        if (next === 'navigate') location.href = '/next'
      },
      [count, then] as const,
    )
    // A context that is closed in the middle of a navigation may never say that it is.
    if (then === 'navigate') await page.waitForURL('**/next')
  }

  const idsOf = (type: string) => new Set(site.of(type).map((event) => event.eventId))

  it('loses none of 100 events when the tab goes elsewhere at once', async () => {
    await open('/', { capture: { pageViews: false } })
    await trackMany(100, 'navigate')
    await site.until(() => idsOf('added').size === 100)
    expect(site.requests.length).toBeLessThanOrEqual(4)
  })

  it('loses none of 100 events when the tab is closed', async () => {
    await open('/', { capture: { pageViews: false } })
    await trackMany(100, 'stay')
    await page.close({ runBeforeUnload: true })
    await site.until(() => idsOf('added').size === 100)
    expect(site.requests.length).toBeLessThanOrEqual(4)
  })

  it('delivers at the exit where sendBeacon was deleted', async () => {
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'sendBeacon', { value: undefined })
    })
    await open('/', { capture: { pageViews: false } })
    await trackMany(100, 'navigate')
    await site.until(() => idsOf('added').size === 100)
    expect(site.requests.length).toBeLessThanOrEqual(4)
  })

  it('sends batches that need no preflight, with the key in the URL, compressed once the codec is there', async () => {
    await open('/')
    await trackMany(20, 'stay')
    await page.waitForTimeout(300)
    await trackMany(20, 'stay')
    await page.evaluate(() => window.analytics?.flush())
    await site.until(() => idsOf('added').size === 40)
    expect(site.requests.every(({ url }) => url === '/analytics/events?k=wk_test')).toBe(true)
    expect(site.requests.every(({ contentType }) => contentType.startsWith('text/plain'))).toBe(true)
    expect(site.requests.some(({ isGzip }) => isGzip)).toBe(true)
  })

  it('begins a session and goes on with it on the next page, numbering without a gap', async () => {
    await open('/?utm_source=news&token=secret#part')
    await page.evaluate(() => window.analytics?.flush())
    await open('/next')
    await page.evaluate(() => window.analytics?.flush())
    await site.until(() => site.of('page_view').length === 2)
    expect(site.of('session_start')).toHaveLength(1)
    expect(site.of('session_start')[0]?.properties).toMatchObject({ campaign: { source: 'news' } })
    expect(site.of('page_view')[0]?.context?.page).toMatchObject({
      url: `${site.origin}/?utm_source=news`,
      path: '/',
      title: 'Shop',
    })
    expect(site.events().map((event) => event.seq)).toEqual([0, 1, 2])
    expect(new Set(site.events().map((event) => event.sessionId)).size).toBe(1)
    expect(new Set(site.events().map((event) => event.anonymousId)).size).toBe(1)
  })

  it('records clicks and submissions by label, and never what was typed', async () => {
    await open('/')
    await page.locator('#buy b').click()
    await page.locator('#link').click()
    await page.locator('#send').click()
    await page.evaluate(() => window.analytics?.flush())
    await site.until(() => site.of('form_submit').length === 1)
    expect(site.of('click').map(({ eventLabel, properties }) => ({ eventLabel, properties }))).toEqual([
      { eventLabel: 'buy', properties: { text: 'Buy now' } },
      { eventLabel: 'docs', properties: { text: 'Docs', href: `${site.origin}/` } },
    ])
    expect(site.of('form_submit')[0]).toMatchObject({
      eventLabel: 'subscribe',
      properties: { formId: 'newsletter', formName: 'news' },
    })
    expect(JSON.stringify(site.events())).not.toMatch(/secret|hunter2|trap/)
  })

  it('records uncaught errors and rejections at once, within bounds', async () => {
    await open('/')
    await page.evaluate(() => {
      setTimeout(() => {
        throw new TypeError('broken 1')
      })
      Promise.reject(new Error('refused'))
      for (let n = 0; n < 50; n++) window.analytics?.trackError(new RangeError(`loop ${n}`))
    })
    await site.until(() => site.of('error').length === 12)
    const messages = site.of('error').map((event) => event.properties?.message)
    expect(messages).toContain('broken 1')
    expect(messages).toContain('refused')
    const stats = await page.evaluate(() => window.analytics?.stats())
    expect(stats?.dropped.rate_limited).toBe(40)
  })

  it('records a page view for each new URL of an app, once', async () => {
    await open('/a')
    await page.evaluate(() => {
      history.pushState(null, '', '/b')
      history.pushState(null, '', '/b')
      history.replaceState(null, '', '/b?filter=1')
      history.pushState(null, '', '/b?filter=1#part')
      history.pushState(null, '', '/c')
      history.back()
    })
    await page.waitForTimeout(200)
    await page.evaluate(() => window.analytics?.flush())
    await site.until(() => site.of('page_view').length === 4)
    expect(site.of('page_view').map((event) => event.context?.page?.path)).toEqual(['/a', '/b', '/c', '/b'])
  })

  it('listens to nothing that keeps a page out of the back/forward cache', async () => {
    await page.addInitScript(() => {
      const types: string[] = []
      const { addEventListener } = EventTarget.prototype
      EventTarget.prototype.addEventListener = function (...values: Parameters<typeof addEventListener>) {
        types.push(values[0])
        return addEventListener.apply(this, values)
      }
      Object.assign(window, { types })
    })
    await open('/')
    const types = await page.evaluate(() => (window as unknown as { types: string[] }).types)
    expect(types).toContain('pagehide')
    expect(types.filter((type) => /unload/.test(type))).toEqual([])
    const handlers = await page.evaluate(() => [window.onunload, window.onbeforeunload])
    expect(handlers).toEqual([null, null])
  })

  it('counts a return from the back/forward cache as a page view, and does not send twice', async () => {
    await open('/')
    await page.evaluate(() => {
      window.analytics?.track('before')
      window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
      window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    })
    await page.evaluate(() => window.analytics?.flush())
    await site.until(() => site.of('page_view').length === 2)
    expect(site.of('before')).toHaveLength(1)
  })

  it.each(['pending', 'denied'] as const)(
    'neither sends nor stores anything while the consent is %s',
    async (consent) => {
      await open('/', { consent, flushInterval: 10 })
      await trackMany(5, 'stay')
      await page.evaluate(() => window.analytics?.identify('u1'))
      await page.evaluate(() => window.analytics?.flush())
      await page.waitForTimeout(200)
      const stored = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])
      expect(stored).toEqual([0, 0, ''])
      await page.goto(`${site.origin}/next`)
      await page.waitForTimeout(200)
      expect(site.requests).toEqual([])
    },
  )

  it('sends what waited once the consent is granted, and wipes what it stored when it is denied', async () => {
    await open('/', { consent: 'pending' })
    await trackMany(2, 'stay')
    await page.evaluate(() => {
      window.analytics?.consent.grant()
      return window.analytics?.flush()
    })
    await site.until(() => site.of('added').length === 2)
    expect(site.events().map((event) => event.eventType)).toEqual(['session_start', 'page_view', 'added', 'added'])
    expect(await page.evaluate(() => localStorage.length)).toBe(1)
    await page.evaluate(() => window.analytics?.consent.deny())
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0])
  })

  it('sends the events of a page that is only hidden once', async () => {
    await open('/')
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
      window.analytics?.track('before')
      document.addEventListener('visibilitychange', () => window.analytics?.track('late'))
      document.dispatchEvent(new Event('visibilitychange'))
      window.dispatchEvent(new PageTransitionEvent('pagehide'))
    })
    await site.until(() => site.of('late').length === 1)
    await page.evaluate(() => window.analytics?.flush())
    expect(site.of('before')).toHaveLength(1)
    expect(new Set(site.events().map((event) => event.eventId)).size).toBe(site.events().length)
  })

  it('runs from a script tag', async () => {
    await page.goto(site.origin)
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          const tag = document.createElement('script')
          Object.assign(tag.dataset, { writeKey: 'wk_tag', endpoint: '/analytics/' })
          tag.onload = resolve
          tag.src = '/script.js'
          document.head.append(tag)
        }),
    )
    await page.evaluate(() => window.analytics?.flush())
    await site.until(() => site.of('page_view').length === 1)
    expect(site.requests[0]?.url).toBe('/analytics/events?k=wk_tag')
  })

  it('works under a policy that allows its own scripts alone', async () => {
    const errors: string[] = []
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    await page.route('**/strict', async (route) => {
      const response = await route.fetch()
      const headers = {
        ...response.headers(),
        'content-security-policy': "default-src 'self'; require-trusted-types-for 'script'",
      }
      await route.fulfill({ response, headers })
    })
    await open('/strict')
    await page.evaluate(() => window.analytics?.flush())
    await site.until(() => site.of('page_view').length === 1)
    expect(errors.filter((text) => /Content Security|Trusted/.test(text) && !/inline event/.test(text))).toEqual([])
  })
})
