import { expect, it } from 'vitest'
import { reserveKeepalive } from '../src/keepalive-budget.js'

it('shares 60,000 bytes among all that ask, and takes each share back once', () => {
  const first = reserveKeepalive(40_000)
  expect(reserveKeepalive(30_000)).toBeUndefined()
  const second = reserveKeepalive(20_000)
  expect(second).toBeDefined()
  first?.()
  first?.()
  expect(reserveKeepalive(50_000)).toBeUndefined()
  const third = reserveKeepalive(40_000)
  expect(third).toBeDefined()
  second?.()
  third?.()
})

it('lets no more than ten requests be in flight', () => {
  const shares = Array.from({ length: 11 }, () => reserveKeepalive(1))
  expect(shares.filter(Boolean)).toHaveLength(10)
  for (const release of shares) release?.()
})
