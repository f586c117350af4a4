import { defineEvents } from '@analytics/node'
import { z } from 'zod'

/**
 * The shop's own events. The server checks them by these schemas; the browser has the types alone. Page views, clicks and
 * errors are recorded by the tracker and need no definition.
 */
export const events = defineEvents({
  add_to_cart: {
    schema: z.object({ productId: z.string(), price: z.number().positive(), quantity: z.int().positive() }),
  },
  signup: {
    schema: z.object({ newsletter: z.boolean() }),
  },
  checkout: {
    schema: z.object({ items: z.int().positive(), amount: z.number().positive() }),
  },
  purchase: {
    schema: z.object({
      orderId: z.string(),
      items: z.int().positive(),
      amount: z.number().positive(),
      currency: z.string().length(3),
    }),
    conversion: true,
    value: 'amount',
  },
})
