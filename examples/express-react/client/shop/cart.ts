import { createContext, useContext } from 'react'
import { findProduct, type Product } from '../../shared/products.js'

/** What changes the cart, and the member who shops. */
export type CartAction =
  | { type: 'add'; productId: string }
  | { type: 'remove'; productId: string }
  | { type: 'signUp'; email: string }
  | { type: 'empty' }

/** The cart and who shops. */
export interface CartState {
  /** Pieces by product id. */
  items: Readonly<Record<string, number>>
  /** The member's address, once signed up. */
  member: string | undefined
}

const STORAGE_KEY = 'shop'

/** One change of the cart. */
export function cartReducer(state: CartState, action: CartAction): CartState {
  switch (action.type) {
    case 'add':
      return { ...state, items: { ...state.items, [action.productId]: (state.items[action.productId] ?? 0) + 1 } }
    case 'remove': {
      const { [action.productId]: _removed, ...items } = state.items
      return { ...state, items }
    }
    case 'signUp':
      return { ...state, member: action.email }
    case 'empty':
      return { ...state, items: {} }
  }
}

/** The cart as it was when the page was left. */
export function loadCart(): CartState {
  const empty: CartState = { items: {}, member: undefined }
  try {
    return { ...empty, ...(JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}') as Partial<CartState>) }
  } catch {
    return empty
  }
}

/** Keeps the cart for the next visit. */
export function saveCart(state: CartState): void {
  localStorage.setItem(STORAGE_KEY, JSON.stringify(state))
}

/** One line of the cart. */
export interface CartLine {
  product: Product
  quantity: number
}

/** The cart for the components below. */
export interface Cart {
  lines: readonly CartLine[]
  pieces: number
  total: number
  member: string | undefined
  change: (action: CartAction) => void
}

/** Where the cart travels. */
export const CartContext = createContext<Cart | null>(null)

/** The cart of the shop around the component. */
export function useCart(): Cart {
  const cart = useContext(CartContext)
  if (!cart) throw new Error('useCart works below <Shop>.')
  return cart
}

/** Works out what is shown of a cart. */
export function describeCart({ items, member }: CartState, change: Cart['change']): Cart {
  const lines = Object.entries(items).flatMap(([id, quantity]) => {
    const product = findProduct(id)
    return product ? [{ product, quantity }] : []
  })
  return {
    lines,
    pieces: lines.reduce((sum, { quantity }) => sum + quantity, 0),
    total: lines.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0),
    member,
    change,
  }
}

/** `€24` */
export function formatPrice(euros: number): string {
  return `€${euros.toLocaleString('en')}`
}
