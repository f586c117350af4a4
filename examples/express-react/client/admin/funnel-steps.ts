import type { Step } from '@analytics/protocol'

/** A step as it is edited. */
export interface EditedStep {
  /** Tells steps apart while they move. */
  id: number
  event: string
  /** Only events on pages whose address contains this; empty for all. */
  page: string
}

/** What can be done to the steps. */
export type StepsAction =
  | { type: 'add' }
  | { type: 'remove'; id: number }
  | { type: 'move'; id: number; by: 1 | -1 }
  | { type: 'change'; id: number; fields: Partial<Omit<EditedStep, 'id'>> }

/** From the first page to the order. */
export const INITIAL_STEPS: readonly EditedStep[] = [
  { id: 0, event: 'page_view', page: '' },
  { id: 1, event: 'page_view', page: '/product/' },
  { id: 2, event: 'add_to_cart', page: '' },
  { id: 3, event: 'signup', page: '' },
  { id: 4, event: 'purchase', page: '' },
]

/** One change of the steps. */
export function stepsReducer(steps: readonly EditedStep[], action: StepsAction): readonly EditedStep[] {
  switch (action.type) {
    case 'add':
      return [...steps, { id: Math.max(...steps.map(({ id }) => id)) + 1, event: 'page_view', page: '' }]
    case 'remove':
      return steps.filter(({ id }) => id !== action.id)
    case 'change':
      return steps.map((step) => (step.id === action.id ? { ...step, ...action.fields } : step))
    case 'move': {
      const from = steps.findIndex(({ id }) => id === action.id)
      const moved = steps.toSpliced(from, 1)
      return moved.toSpliced(from + action.by, 0, steps[from]!)
    }
  }
}

/** The steps as the query takes them. */
export function querySteps(steps: readonly EditedStep[]): Step[] {
  return steps.map(({ event, page }) => ({
    event,
    ...(page === '' ? {} : { where: { property: 'pageUrl', op: 'contains', value: page } }),
  }))
}
