import { describe, expect, it } from 'vitest'
import { clientAddress } from '../../src/http/handler.js'
import { clientReader, keepAddress } from '../../src/ingest/client.js'

describe('keepAddress', () => {
  it.each([
    ['203.0.113.77', 'truncated', '203.0.113.0'],
    ['::ffff:203.0.113.77', 'truncated', '203.0.113.0'],
    ['2001:db8:1234:5678::1', 'truncated', '2001:db8:1234::'],
    ['::1', 'truncated', '0:0:0::'],
    ['fe80::1%eth0', 'truncated', 'fe80:0:0::'],
    ['nonsense', 'truncated', null],
    ['203.0.113.77', 'full', '203.0.113.77'],
    ['203.0.113.77', 'none', null],
    [undefined, 'full', null],
  ] as const)('%s kept %s is %s', (address, privacy, kept) => {
    expect(keepAddress(address, privacy)).toBe(kept)
  })
})

describe('clientAddress', () => {
  const request = new Request('http://x', { headers: { 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.0.0.1' } })

  it('believes as many proxies as it was told, and a client none', () => {
    const context = { remoteAddress: '127.0.0.1' }
    expect([0, 1, 2].map((proxies) => clientAddress(request, context, proxies))).toEqual([
      '127.0.0.1',
      '10.0.0.1',
      '203.0.113.9',
    ])
    expect(clientAddress(new Request('http://x'), context, 1)).toBe('127.0.0.1')
  })
})

describe('clientReader', () => {
  it('cuts a user agent to its limit and survives any text', () => {
    const read = clientReader('none')
    expect(read('x'.repeat(2000), '1.2.3.4')).toMatchObject({ userAgent: 'x'.repeat(512), ipAddress: null })
    expect(read(null, undefined)).toMatchObject({ userAgent: null, browser: null })
    const phone =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'
    expect(read(phone, undefined)).toMatchObject({ deviceType: 'mobile', browser: 'Safari', os: 'iOS' })
  })
})
