import type { ReactNode } from 'react'
import { Link } from 'react-router'

/** After the order. */
export function ThanksPage(): ReactNode {
  return (
    <section className="narrow">
      <title>Thank you · Halden Goods</title>
      <h1>Thank you</h1>
      <p className="lead">Your order is on its way to nowhere. Have a look at what it left behind.</p>
      <div className="actions">
        <a className="button" href="/admin">
          Open the dashboard
        </a>
        <Link to="/">Back to the shop</Link>
      </div>
    </section>
  )
}
