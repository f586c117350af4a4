import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { type CartLine, formatPrice, useCart } from './cart.js'
import { ProductArt } from './product-art.js'

/** What the visitor is about to buy. */
export function CartPage(): ReactNode {
  const { lines, total, member } = useCart()
  return (
    <section className="narrow">
      <title>Cart · Halden Goods</title>
      <h1>Cart</h1>
      {lines.length === 0 ? (
        <p className="lead">
          It is empty. <Link to="/">Look around</Link>
        </p>
      ) : (
        <>
          <ul className="cart-lines">
            {lines.map((line) => (
              <Line key={line.product.id} line={line} />
            ))}
          </ul>
          <p className="total">
            Total <strong>{formatPrice(total)}</strong>
          </p>
          <Link to={member ? '/checkout' : '/signup'} className="button wide" data-analytics="checkout">
            Checkout
          </Link>
        </>
      )}
    </section>
  )
}

function Line({ line: { product, quantity } }: { line: CartLine }): ReactNode {
  const { change } = useCart()
  return (
    <li className="cart-line">
      <ProductArt id={product.id} />
      <div>
        <Link to={`/product/${product.id}`} className="cart-line-name">
          {product.name}
        </Link>
        <p className="muted">
          {quantity} × {formatPrice(product.price)}
        </p>
      </div>
      <button
        type="button"
        className="link"
        data-analytics="remove-from-cart"
        aria-label={`Remove ${product.name}`}
        onClick={() => change({ type: 'remove', productId: product.id })}
      >
        Remove
      </button>
    </li>
  )
}
