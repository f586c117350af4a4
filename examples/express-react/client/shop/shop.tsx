import { type ReactNode, useEffect, useMemo, useReducer } from 'react'
import { Link, Route, Routes, useLocation } from 'react-router'
import { CartContext, cartReducer, describeCart, loadCart, saveCart, useCart } from './cart.js'
import { CartPage } from './cart-page.js'
import { CheckoutPage } from './checkout-page.js'
import { HomePage } from './home-page.js'
import { NotFoundPage } from './not-found-page.js'
import { ProductPage } from './product-page.js'
import { SignUpPage } from './sign-up-page.js'
import { ThanksPage } from './thanks-page.js'

/** The shop with its pages. */
export function Shop(): ReactNode {
  const [state, change] = useReducer(cartReducer, undefined, loadCart)
  useEffect(() => saveCart(state), [state])
  const cart = useMemo(() => describeCart(state, change), [state])
  return (
    <CartContext value={cart}>
      <ScrollToTop />
      <Header />
      <main className="shop">
        <Routes>
          <Route path="/" element={<HomePage />} />
          <Route path="/product/:id" element={<ProductPage />} />
          <Route path="/cart" element={<CartPage />} />
          <Route path="/signup" element={<SignUpPage />} />
          <Route path="/checkout" element={<CheckoutPage />} />
          <Route path="/thanks" element={<ThanksPage />} />
          <Route path="*" element={<NotFoundPage />} />
        </Routes>
      </main>
      <Footer />
    </CartContext>
  )
}

/** Shown where a page of the shop broke while it was drawn; the error boundary has recorded why. */
export function ShopCrashed(): ReactNode {
  return (
    <main className="shop narrow">
      <h1>Something broke</h1>
      <p className="lead">It was recorded, and we will look into it.</p>
      <a className="button" href="/">
        Back to the shop
      </a>
    </main>
  )
}

function ScrollToTop(): ReactNode {
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new path begins at its top
  useEffect(() => {
    window.scrollTo(0, 0)
  }, [pathname])
  return null
}

function Header(): ReactNode {
  const { pieces, member } = useCart()
  return (
    <header className="site-header">
      <Link to="/" className="brand">
        Halden Goods
      </Link>
      <nav aria-label="Shop">
        {member ? (
          <span className="member">{member}</span>
        ) : (
          <Link to="/signup" data-analytics="header-sign-up">
            Sign up
          </Link>
        )}
        <Link to="/cart" className="cart-link" data-analytics="header-cart">
          Cart <span className="count">{pieces}</span>
        </Link>
      </nav>
    </header>
  )
}

function Footer(): ReactNode {
  return (
    <footer className="site-footer">
      <p>A made-up shop: nothing is sold, and every event stays on this server.</p>
      <div className="footer-actions">
        <button type="button" className="link" data-testid="error-button" data-analytics="error" onClick={fail}>
          Throw an error
        </button>
        {/* Not a <Link>: the dashboard is a page of its own, without a tracker. */}
        <a href="/admin">Dashboard</a>
      </div>
    </footer>
  )
}

function fail(): never {
  throw new Error('The error button was pressed')
}
