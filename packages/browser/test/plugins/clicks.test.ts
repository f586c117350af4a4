// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createTestTracker, type TestTracker } from '../support/tracker.js'

let tracker: TestTracker
beforeEach(() => {
  tracker = createTestTracker({ capture: { pageViews: false, errors: false } })
})
afterEach(() => tracker.analytics.shutdown())

async function click(html: string, selector: string): Promise<(object | undefined)[]> {
  document.body.innerHTML = html
  document.querySelector('a')?.addEventListener('click', (event) => event.preventDefault())
  document
    .querySelector(selector)
    ?.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true, cancelable: true }))
  await tracker.analytics.flush()
  return tracker.of('click').map(({ eventLabel, properties }) => ({ eventLabel, ...properties }))
}

it('takes the nearest label and the text in it', async () => {
  expect(await click('<div data-analytics="out"><p data-analytics="in"> a\n <b>b</b> </p></div>', 'b')).toEqual([
    { eventLabel: 'in', text: 'a b' },
  ])
})

it('ignores what has no label, and the label of a form', async () => {
  expect(await click('<form data-analytics="f"><b>x</b></form>', 'b')).toEqual([])
})

it.each([
  ['an input', '<input id="x" data-analytics="l" value="secret">'],
  ['an editable text', '<div contenteditable="true"><p id="x" data-analytics="l">secret</p></div>'],
  ['an editable part', '<div id="x" data-analytics="l"><p contenteditable>secret</p></div>'],
  ['a text area', '<div id="x" data-analytics="l"><textarea>secret</textarea></div>'],
  ['a choice', '<label id="x" data-analytics="l"><select><option>secret</select></label>'],
])('takes no text from %s', async (_, html) => {
  expect(await click(html, '#x')).toEqual([{ eventLabel: 'l' }])
})

it('counts a click on a label once, though the browser clicks its control as well', async () => {
  expect(await click('<label data-analytics="l"><b>Terms</b><input type="checkbox"></label>', 'b')).toEqual([
    { eventLabel: 'l', text: 'Terms' },
  ])
})

it('cuts long texts, and links to their path or scheme', async () => {
  const html = `<a id="x" data-analytics="l" href="mailto:jane@example.com">${'long '.repeat(100)}</a>`
  const [event] = await click(html, '#x')
  expect(event).toEqual({ eventLabel: 'l', href: 'mailto:', text: 'long '.repeat(20).trim() })
})

it('sees into shadow roots', async () => {
  document.body.innerHTML = '<div id="host"></div>'
  const root = document.querySelector('#host')?.attachShadow({ mode: 'open' })
  if (root) root.innerHTML = '<button data-analytics="deep">Go</button>'
  root?.querySelector('button')?.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true }))
  await tracker.analytics.flush()
  expect(tracker.of('click')[0]?.eventLabel).toBe('deep')
})

it('reads a form by its attributes, where fields hide its properties', async () => {
  document.body.innerHTML = '<form id="f" name="n" data-analytics="l"><input name="id"><input name="name"></form>'
  document.querySelector('form')?.dispatchEvent(new SubmitEvent('submit', { bubbles: true }))
  await tracker.analytics.flush()
  expect(tracker.of('form_submit')[0]).toMatchObject({ eventLabel: 'l', properties: { formId: 'f', formName: 'n' } })
})
