import type { ImportEvent } from '@analytics/node'
import { ulid } from 'ulid'
import { type Product, products } from '../../shared/products.js'
import { between, pick } from './random.js'
import { measureSpeed } from './speed.js'
import type { Visitor } from './visitor.js'

const ORIGIN = 'https://shop.example'
/** Products by how much they are looked at. */
const POPULARITY = products.map((product, i) => [product, 10 - i] as const)

/** Writes the events of one visit, in the shapes that the tracker sends. */
class Recording {
  readonly events: ImportEvent[] = []
  readonly #visitor: Visitor
  readonly #sessionId: string
  #time: number
  #path = '/'
  #hasLanded = false

  constructor(visitor: Visitor, start: number) {
    this.#visitor = visitor
    this.#time = start
    this.#sessionId = ulid(start, visitor.random)
  }

  /** Lets seconds go by. */
  wait(least: number, most: number): void {
    this.#time += between(this.#visitor.random, least * 1000, most * 1000)
  }

  record(eventType: string, fields: Partial<ImportEvent> = {}): ImportEvent & { eventId: string } {
    const { random, anonymousId, memberId, isMember, device } = this.#visitor
    const event = {
      // The id is made of the visit alone: seeding again finds it stored already.
      eventId: ulid(this.#time, random),
      eventType,
      anonymousId,
      ...(isMember ? { userId: memberId } : {}),
      sessionId: this.#sessionId,
      timestamp: new Date(this.#time).toISOString(),
      context: { page: { url: ORIGIN + this.#path, path: this.#path } },
      device,
      ...fields,
    }
    this.events.push(event)
    return event
  }

  view(path: string, title: string): void {
    this.#path = path
    const view = this.record('page_view', { properties: { title } })
    if (!this.#hasLanded) this.events.push(...measureSpeed(view))
    this.#hasLanded = true
  }

  click(label: string, text: string): void {
    this.record('click', { eventLabel: label, properties: { text } })
    this.wait(0, 1)
  }

  error(name: string, message: string): void {
    const properties = { name, message, severity: 'error', fingerprint: `${name}:${message}`, stack: '' }
    this.record('error', { properties })
  }
}

/** One visit from landing to leaving; whoever signs up in it is a member from then on. */
export function simulateVisit(visitor: Visitor, start: number): ImportEvent[] {
  const { random, campaign, isRegular } = visitor
  const recording = new Recording(visitor, start)
  recording.record('session_start', { properties: campaign ? { campaign: { source: campaign } } : {} })
  if (random() < 0.78) recording.view('/', 'Halden Goods')
  const seen = browse(visitor, recording)
  const wanted = seen.filter(() => random() < (isRegular ? 0.5 : 0.34))
  if (wanted.length === 0) return recording.events
  for (const product of wanted) addToCart(recording, product)
  recording.wait(3, 40)
  recording.view('/cart', 'Cart')
  recording.wait(6, 90)
  if (random() < 0.68) order(visitor, recording, wanted)
  return recording.events
}

/** Looks at products until the visitor has seen enough. */
function browse({ random, isRegular }: Visitor, recording: Recording): Product[] {
  const seen = new Set<Product>()
  while (seen.size < 4 && random() < (seen.size === 0 ? 0.74 : isRegular ? 0.55 : 0.42)) {
    const product = pick(random, POPULARITY)
    recording.wait(4, 50)
    recording.click('product-card', product.name)
    recording.view(`/product/${product.id}`, product.name)
    recording.wait(8, 120)
    seen.add(product)
    if (random() < 0.008) recording.error('TypeError', "Cannot read properties of undefined (reading 'stock')")
  }
  return [...seen]
}

function addToCart(recording: Recording, { id: productId, price }: Product): void {
  recording.click('add-to-cart', 'Add to cart')
  recording.record('add_to_cart', { properties: { productId, price, quantity: 1 } })
}

/** From the cart to the thank-you page, signing up on the way; some give up at each step. */
function order(visitor: Visitor, recording: Recording, wanted: readonly Product[]): void {
  const { random } = visitor
  recording.click('checkout', 'Checkout')
  if (!visitor.isMember && !signUp(visitor, recording)) return
  const items = wanted.length
  const amount = wanted.reduce((sum, { price }) => sum + price, 0)
  recording.view('/checkout', 'Checkout')
  recording.wait(25, 180)
  if (random() < 0.14) return
  recording.record('checkout', { properties: { items, amount } })
  recording.wait(1, 4)
  if (random() < 0.04) {
    recording.error('PaymentError', 'The card was declined')
    return
  }
  recording.record('purchase', {
    eventValue: amount,
    properties: { orderId: ulid(0, random).slice(-8), items, amount, currency: 'EUR' },
  })
  recording.view('/thanks', 'Thank you')
}

function signUp(visitor: Visitor, recording: Recording): boolean {
  const { random } = visitor
  recording.view('/signup', 'Sign up')
  recording.wait(15, 100)
  if (random() > 0.66) return false
  recording.record('form_submit', { eventLabel: 'signup', properties: { formId: 'signup' } })
  visitor.isMember = true
  recording.record('identify')
  recording.record('signup', { properties: { newsletter: random() < 0.4 } })
  recording.wait(1, 4)
  return true
}
