import { useAnalytics } from '@analytics/react'
import { type ReactNode, useState } from 'react'
import { Link, useParams } from 'react-router'
import { findProduct, type Product } from '../../shared/products.js'
import type { ShopEvents } from '../analytics.js'
import { formatPrice, useCart } from './cart.js'
import { NotFoundPage } from './not-found-page.js'
import { ProductArt } from './product-art.js'

/** One product. */
export function ProductPage(): ReactNode {
  const product = findProduct(useParams().id)
  return product ? <ProductDetails key={product.id} product={product} /> : <NotFoundPage />
}

function ProductDetails({ product }: { product: Product }): ReactNode {
  const { id, name, price, tagline, description } = product
  const { trackEvent } = useAnalytics<ShopEvents>()
  const { change } = useCart()
  const [isAdded, setIsAdded] = useState(false)

  const addToCart = () => {
    change({ type: 'add', productId: id })
    trackEvent('add_to_cart', { productId: id, price, quantity: 1 })
    setIsAdded(true)
  }

  return (
    <article className="product">
      <title>{`${name} · Halden Goods`}</title>
      <ProductArt id={id} />
      <div className="product-text">
        <h1>{name}</h1>
        <p className="lead">{tagline}</p>
        <p>{description}</p>
        <p className="price">{formatPrice(price)}</p>
        <div className="actions">
          <button
            type="button"
            className="button"
            data-testid="add-to-cart"
            data-analytics="add-to-cart"
            onClick={addToCart}
          >
            Add to cart
          </button>
          <output>
            {isAdded && (
              <>
                Added. <Link to="/cart">Go to the cart</Link>
              </>
            )}
          </output>
        </div>
      </div>
    </article>
  )
}
