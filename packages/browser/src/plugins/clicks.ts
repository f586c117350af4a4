import type { BuiltInType } from '../built-in.js'
import { redactUrl } from '../context.js'
import { listen, type Plugin, stopAll } from '../plugin.js'

const ATTRIBUTE = 'data-analytics'
const MAX_TEXT = 100
/** What visitors type or choose is theirs. */
const PRIVATE = 'input,textarea,select,script,style,[contenteditable]:not([contenteditable="false"])'

/** Records clicks on elements with `data-analytics`, and submissions of forms that have it. */
export const clicks: Plugin = ({ record, guard }) => {
  const onClick = (event: Event) => {
    // The path reaches into shadow roots, where `closest` cannot. A form's label is for its submission.
    const target = labelled(event.composedPath().filter((node) => !(node instanceof HTMLFormElement)))
    if (!target || isForwarded(event, target)) return
    const link = target.closest('a[href]')?.getAttribute('href')
    const text = target.closest(PRIVATE) ? '' : visibleText(target)
    record({
      eventType: 'click' satisfies BuiltInType,
      eventLabel: target.getAttribute(ATTRIBUTE) ?? '',
      properties: { ...(text ? { text } : {}), ...(link ? { href: redactUrl(link) } : {}) },
    })
  }
  const onSubmit = (event: Event) => {
    const form = event.composedPath()[0]
    if (!(form instanceof HTMLFormElement) || !form.hasAttribute(ATTRIBUTE)) return
    // By attribute: a field that is named "id" or "name" hides the form's own property.
    const formId = form.getAttribute('id')
    const formName = form.getAttribute('name')
    record({
      eventType: 'form_submit' satisfies BuiltInType,
      eventLabel: form.getAttribute(ATTRIBUTE) ?? '',
      properties: { ...(formId ? { formId } : {}), ...(formName ? { formName } : {}) },
    })
  }
  // Capturing, so that a page that stops the event's way up does not hide it.
  const stops = [listen(document, 'click', guard(onClick), true), listen(document, 'submit', guard(onSubmit), true)]
  return stopAll(stops)
}

function labelled(path: readonly EventTarget[]): Element | undefined {
  return path.find((node): node is Element => node instanceof Element && node.hasAttribute(ATTRIBUTE))
}

/** A click on a label clicks its control too: where both are within the target, the control's click alone counts. */
function isForwarded(event: Event, target: Element): boolean {
  const [origin] = event.composedPath()
  const control = origin instanceof Element ? origin.closest('label')?.control : null
  return !!control && control !== origin && target.contains(control)
}

/** The element's own text without what is typed into it, read no further than needed. */
function visibleText(element: Element): string {
  let text = ''
  const add = (more: string) => {
    text = `${text}${more}`.replace(/\s+/g, ' ').trimStart()
  }
  const read = (node: Node) => {
    for (const child of node.childNodes) {
      // White space is not counted: markup may begin with a lot of it.
      if (text.length > MAX_TEXT) return
      if (child instanceof Text) add(child.data)
      else if (child instanceof Element && !child.matches(PRIVATE)) {
        // What stands in elements of their own is seen apart, even where the markup has no space between.
        add(' ')
        read(child)
        add(' ')
      }
    }
  }
  read(element)
  return text.slice(0, MAX_TEXT).trim()
}
