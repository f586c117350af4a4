const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Numbers from 0 to below 1 that nobody can guess; where a browser has no working crypto, `Math.random` has to do. */
export function cryptoRandom(): () => number {
  const pool = new Uint32Array(64)
  let next = pool.length
  return () => {
    if (next === pool.length) {
      try {
        crypto.getRandomValues(pool)
      } catch {
        return Math.random()
      }
      next = 0
    }
    return (pool[next++] ?? 0) / 2 ** 32
  }
}

/** Random text of Crockford's alphabet, 5 bits a character: 130 bits by default. */
export function randomId(random: () => number, length = 26): string {
  return Array.from({ length }, () => ALPHABET.charAt(Math.floor(random() * 32))).join('')
}
