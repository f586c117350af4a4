import { useAnalytics } from '@analytics/react'
import { type ReactNode, useRef } from 'react'
import { Navigate, useNavigate } from 'react-router'
import type { ShopEvents } from '../analytics.js'
import { formatPrice, useCart } from './cart.js'

/** The last look before the order. */
export function CheckoutPage(): ReactNode {
  const { trackEvent } = useAnalytics<ShopEvents>()
  const { lines, pieces, total, member, change } = useCart()
  const navigate = useNavigate()
  const isOrdered = useRef(false)

  if (!member) return <Navigate to="/signup" replace />
  if (pieces === 0 && !isOrdered.current) return <Navigate to="/cart" replace />

  const order = () => {
    isOrdered.current = true
    trackEvent('checkout', { items: pieces, amount: total })
    trackEvent('purchase', { orderId: crypto.randomUUID(), items: pieces, amount: total, currency: 'EUR' })
    change({ type: 'empty' })
    navigate('/thanks')
  }

  return (
    <section className="narrow">
      <title>Checkout · Halden Goods</title>
      <h1>Checkout</h1>
      <p className="lead">Sent to {member}, as soon as this shop is real.</p>
      <ul className="summary">
        {lines.map(({ product, quantity }) => (
          <li key={product.id}>
            <span>
              {quantity} × {product.name}
            </span>
            <span>{formatPrice(product.price * quantity)}</span>
          </li>
        ))}
      </ul>
      <p className="total">
        Total <strong>{formatPrice(total)}</strong>
      </p>
      <button
        type="button"
        className="button wide"
        data-testid="checkout-submit"
        data-analytics="place-order"
        onClick={order}
      >
        Place the order
      </button>
    </section>
  )
}
