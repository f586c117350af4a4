import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { products } from '../../shared/products.js'
import { formatPrice } from './cart.js'
import { ProductArt } from './product-art.js'

/** Everything that is for sale. */
export function HomePage(): ReactNode {
  return (
    <>
      <title>Halden Goods</title>
      <section className="hero">
        <h1>Few things, made to stay.</h1>
        <p className="lead">Six objects for the table, the shelf and the wall. No drops, no seasons, no rush.</p>
      </section>
      <ul className="product-grid">
        {products.map(({ id, name, price, tagline }) => (
          <li key={id}>
            <Link to={`/product/${id}`} className="product-card" data-analytics="product-card">
              <ProductArt id={id} />
              <span className="product-name">{name}</span>
              <span className="product-price">{formatPrice(price)}</span>
              <span className="product-tagline">{tagline}</span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  )
}
