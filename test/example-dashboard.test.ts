import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeopleResult, Query, QueryAnswer, ResultsByKind } from '@analytics/protocol'
import { DAY_MS, dayOf } from '@analytics/protocol'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cell } from '../examples/express-react/client/admin/answer.js'
import { ANSWERS } from '../examples/express-react/client/admin/answers.js'
import { launchChromium, skipsChromium } from '../packages/browser/test/support/chromium.js'
import { ask, type ExampleApp, KEYS, startExample } from './support/example.js'

const SEEDED_DAYS = 10
const NOTHING = 'Nothing in these days.'
/** Whoever adds a kind of query has to say here that the dashboard asks it. */
const KINDS = {
  ...{ events: true, funnel: true, trend: true, retention: true, lifecycle: true, stickiness: true },
  ...{
    'active-users': true,
    journeys: true,
    sessions: true,
    performance: true,
    errors: true,
    cohort: true,
    people: true,
  },
} satisfies Record<keyof ResultsByKind, true>

let folder: string
let app: ExampleApp

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'analytics-dashboard-'))
  app = await startExample(folder, { args: ['--seed', `${SEEDED_DAYS}d`] })
})
afterAll(async () => {
  await app?.stop('SIGTERM')
  await rm(folder, { recursive: true, force: true })
})

/** The days that were seeded. */
function range() {
  const tomorrow = dayOf(Date.now() + DAY_MS)
  return { from: dayOf(Date.parse(tomorrow) - SEEDED_DAYS * DAY_MS), to: tomorrow }
}

async function askAsAdmin(query: object): Promise<PeopleResult> {
  const response = await fetch(`${app.url}/analytics/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEYS.admin}` },
    body: JSON.stringify(query),
  })
  expect(response.status, await response.clone().text()).toBe(200)
  return ((await response.json()) as { result: PeopleResult }).result
}

describe('the questions of the dashboard', () => {
  it('are of every kind', () => {
    const kinds = new Set<string>(['people', ...ANSWERS.map((answer) => answer.ask(range()).kind)])
    expect([...kinds].sort()).toEqual(Object.keys(KINDS).sort())
  })

  it.each(ANSWERS.map((answer) => [answer.title, answer] as const))(
    'have an answer in seeded days, with people behind each number that offers them: %s',
    async (_, answer) => {
      const query = answer.ask(range())
      const { result, meta } = await ask<QueryAnswer<Query>>(app, query)
      expect(meta.complete).toBe(true)
      const { columns, rows } = answer.table(result, query)
      expect(rows.length).toBeGreaterThan(0)
      for (const row of rows) expect(row.length).toBe(columns.length)

      const cells = rows.flat().filter((cell: Cell) => typeof cell !== 'string')
      for (const { people } of [cells[0], cells.at(-1)].filter((cell) => cell !== undefined)) {
        const { users, total } = await askAsAdmin({ kind: 'people', ...people, limit: 5 })
        expect(users.length).toBe(Math.min(5, total))
        expect(users.length).toBeGreaterThan(0)
      }
    },
  )
})

describe.skipIf(skipsChromium())('the dashboard in Chromium', () => {
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    browser = await launchChromium()
    page = await browser.newPage()
    await page.goto(`${app.url}/admin`)
    await page.getByTestId('read-key').fill(KEYS.read)
    await page.locator('.answer').first().waitFor()
    await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'))
  })
  afterAll(async () => {
    await browser?.close()
  })

  it('has a section for each question, all of them answered', async () => {
    for (const title of ['Funnel', 'Live', 'Trend', ...ANSWERS.map((answer) => answer.title)])
      expect(await page.getByRole('region', { name: title, exact: true }).count(), title).toBe(1)
    expect(await page.locator('.answer table').count()).toBe(ANSWERS.length)
    expect(await page.getByRole('alert').allTextContents()).toEqual([])
    expect(await page.getByText(NOTHING).count()).toBe(0)
  })

  it.each([
    ['Funnel', 'Funnel, by browser', 2],
    ['Retention', 'Retention of new visitors, by week', 0],
  ])('%s: a number opens the list of just as many people, with the admin key', async (_, title, place) => {
    const number = page.getByRole('region', { name: title }).locator('tbody button').nth(place)
    const text = await number.textContent()
    await page.getByTestId('admin-key').fill('')
    await number.click()
    const dialog = page.getByRole('dialog', { name: title })
    await dialog.getByText('Type in the admin key').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()

    await page.getByTestId('admin-key').fill(KEYS.read)
    await number.click()
    await dialog.getByRole('alert').waitFor()
    await page.keyboard.press('Escape')

    await page.getByTestId('admin-key').fill(KEYS.admin)
    await number.click()
    await expect.poll(() => dialog.getByTestId('people-total').textContent()).toBe(`${text} people`)
    expect(await dialog.locator('tbody tr').count()).toBe(20)
    const first = await dialog.locator('tbody').textContent()
    await dialog.getByRole('button', { name: 'Next page' }).click()
    await expect.poll(() => dialog.locator('tbody').textContent()).not.toBe(first)
    await page.keyboard.press('Escape')
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  it('lists the people of a step of the funnel that is edited on the page', async () => {
    const step = page.getByTestId('funnel-step-1')
    const users = await step.getAttribute('data-users')
    await step.getByRole('button', { name: 'who they are' }).click()
    const total = page.getByRole('dialog').getByTestId('people-total')
    await expect.poll(async () => (await total.textContent())?.replaceAll(/\D/g, '')).toBe(users)
    await page.keyboard.press('Escape')
  })
})
