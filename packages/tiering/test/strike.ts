/** Where a call fails. */
export interface Strike {
  call: number
  phase: 'before' | 'after'
  /** Whether only that call fails, or the process is gone from then on. */
  kind: 'failure' | 'crash'
}

/** Throws at one call, or from it on; counts the calls. */
export function faultsAt({ call, phase, kind }: Strike) {
  let calls = 0
  let isDead = false
  const hook = (operation: string, at: string): void => {
    if (isDead) throw new Error('dead')
    if (at === 'before') calls++
    if (calls !== call || at !== phase) return
    isDead = kind === 'crash'
    throw new Error(`${phase} ${operation}`)
  }
  return { hook, count: () => calls }
}
