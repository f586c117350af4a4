import { useAnalytics } from '@analytics/react'
import type { FormEvent, ReactNode } from 'react'
import { useNavigate } from 'react-router'
import type { ShopEvents } from '../analytics.js'
import { useCart } from './cart.js'

/** Makes the visitor a member. From here on what the visitor did, before and after, belongs to the member. */
export function SignUpPage(): ReactNode {
  const { identify, trackEvent } = useAnalytics<ShopEvents>()
  const { change, pieces } = useCart()
  const navigate = useNavigate()

  const signUp = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    // A real shop gets this id from its server. Not the address: analytics needs to tell people apart, not to know them.
    identify(`member-${crypto.randomUUID()}`)
    trackEvent('signup', { newsletter: form.get('newsletter') === 'on' })
    change({ type: 'signUp', email: String(form.get('email')) })
    navigate(pieces > 0 ? '/checkout' : '/')
  }

  return (
    <section className="narrow">
      <title>Sign up · Halden Goods</title>
      <h1>Sign up</h1>
      <p className="lead">An address is all we ask for, and it stays in this browser.</p>
      <form id="signup" className="form" data-analytics="signup" onSubmit={signUp}>
        <label>
          Email
          <input name="email" type="email" autoComplete="email" required />
        </label>
        <label className="check">
          <input name="newsletter" type="checkbox" /> Tell me when something new is made
        </label>
        <button type="submit" className="button wide">
          Sign up
        </button>
      </form>
    </section>
  )
}
