/** One thing that the shop sells. */
export interface Product {
  id: string
  name: string
  /** In whole euros. */
  price: number
  tagline: string
  description: string
}

/** The whole shop: shown by the client, and visited by the people of `--seed`. */
export const products: readonly Product[] = [
  {
    id: 'mug',
    name: 'Stoneware mug',
    price: 24,
    tagline: 'Holds 350 ml and the heat',
    description: 'Thrown by hand, glazed twice, and heavy enough to stay where you put it. Safe in the dishwasher.',
  },
  {
    id: 'lamp',
    name: 'Dome lamp',
    price: 129,
    tagline: 'Warm light, no glare',
    description:
      'A spun aluminium dome over a frosted bulb. Dims by a turn of its head, down to the light of a candle.',
  },
  {
    id: 'notebook',
    name: 'Dot notebook',
    price: 18,
    tagline: '192 pages that lie flat',
    description:
      'Thread-bound paper of 100 g/m² that takes fountain pens without bleeding. Numbered pages, two ribbons.',
  },
  {
    id: 'planter',
    name: 'Terracotta planter',
    price: 39,
    tagline: 'Breathes, so roots can too',
    description:
      'Unglazed clay with a saucer that fits. It ages with the water you give it, and looks better each year.',
  },
  {
    id: 'kettle',
    name: 'Pour-over kettle',
    price: 84,
    tagline: 'A spout that does as told',
    description: 'Brushed steel, a counterweighted handle, and a thermometer in the lid. Works on every stove.',
  },
  {
    id: 'clock',
    name: 'Quiet wall clock',
    price: 65,
    tagline: 'Tells the time, nothing else',
    description: 'A sweeping movement that you will not hear, behind a dial that you can read from across the room.',
  },
]

/** The product with that id. */
export function findProduct(id: string | undefined): Product | undefined {
  return products.find((product) => product.id === id)
}
