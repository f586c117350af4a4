import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { canonicalJson, madeOnce, type RecordStore, type Signature, type SignedReceipt } from '@analytics/protocol'

const KEY_RECORD = 'signing-key'

/** Signs a text with the key of the data set, which is made with the first signature and kept beside the data. */
export async function signText(records: RecordStore, text: string): Promise<Signature> {
  const der = await madeOnce(records, KEY_RECORD, newKey)
  const key = createPrivateKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'pkcs8' })
  return {
    algorithm: 'Ed25519',
    publicKey: createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64'),
    value: sign(null, Buffer.from(text), key).toString('base64'),
  }
}

const newKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')

/**
 * Whether a receipt says what was signed, and with that key: give the public key that you noted when the data set was set up, or
 * else the receipt's own is believed, which only shows that nothing was changed since.
 */
export function verifyReceipt({ body, signature }: SignedReceipt, publicKey: string = signature.publicKey): boolean {
  if (signature.algorithm !== 'Ed25519' || signature.publicKey !== publicKey) return false
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
    return verify(null, Buffer.from(canonicalJson(body)), key, Buffer.from(signature.value, 'base64'))
  } catch {
    return false
  }
}
