import type { ReactNode } from 'react'
import { Link } from 'react-router'

/** Shown for paths that the shop does not have. */
export function NotFoundPage(): ReactNode {
  return (
    <section className="narrow">
      <title>Not found · Halden Goods</title>
      <h1>There is nothing here</h1>
      <p className="lead">The page was moved, or never was.</p>
      <Link to="/" className="button">
        Back to the shop
      </Link>
    </section>
  )
}
