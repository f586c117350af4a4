import { LIMITS } from '@analytics/protocol'
import { expect, it } from 'vitest'
import { WIRE_LIMITS } from '../src/limits.js'

it('keeps copies that equal the limits of the wire', () => {
  expect(LIMITS).toMatchObject(WIRE_LIMITS)
})
