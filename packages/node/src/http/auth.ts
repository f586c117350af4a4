import { createHash, timingSafeEqual } from 'node:crypto'
import { AnalyticsError } from '@analytics/protocol'

/** What a key or a login may do: `write` sends events, `read` asks queries, `admin` does everything. */
export type Scope = 'write' | 'read' | 'admin'

/** A key. Its text is hashed when the server starts and not kept. */
export interface KeyOptions {
  key: string
  scope: Scope
  /** Origins whose pages may use it, such as `https://app.example`. @default any for write keys, the server's own otherwise */
  origins?: readonly string[]
}

/** Lets the host's own login read: called where no key was sent. `raw` is the framework's request. */
export type Authorize = (context: { request: Request; raw: unknown; scope: Scope }) => boolean | Promise<boolean>

/** Decides who may do what. */
export interface Gatekeeper {
  /**
   * Passes where the request carries a key with the scope, or the host authorizes it; resolves to the origin that may read the
   * answer across origins.
   * @throws AnalyticsError `key_missing`, `key_unknown`, `key_scope`, `origin_forbidden`.
   */
  admit(request: Request, raw: unknown, scope: Scope): Promise<{ allowOrigin: string | undefined }>
  /** The origin a preflight may be told, if any key of any scope names it or takes all. */
  preflight(origin: string): boolean
}

interface StoredKey {
  hash: Buffer
  scope: Scope
  origins: ReadonlySet<string> | undefined
}

/** Builds the gatekeeper. Keys are compared as SHA-256 digests in constant time. */
export function gatekeeper(keys: readonly KeyOptions[], authorize: Authorize | undefined): Gatekeeper {
  const stored = keys.map(
    ({ key, scope, origins }): StoredKey => ({ hash: digest(key), scope, origins: origins && new Set(origins) }),
  )
  return {
    async admit(request, raw, scope) {
      const presented = presentedKey(request, scope)
      if (presented === undefined) return admitLogin(request, raw, scope, authorize)
      const key = findKey(stored, presented)
      if (!key) throw new AnalyticsError('key_unknown', 'The key is not one of this server.')
      if (!covers(key.scope, scope)) {
        throw new AnalyticsError('key_scope', `The key's scope is ${key.scope}; this route needs ${scope}.`)
      }
      return { allowOrigin: admitOrigin(request, key) }
    },
    preflight: (origin) => stored.some(({ origins, scope }) => (origins ? origins.has(origin) : scope === 'write')),
  }
}

/** The scope a key must have: admin covers all, and each other scope only itself. */
function covers(have: Scope, need: Scope): boolean {
  return have === need || have === 'admin'
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

function findKey(stored: readonly StoredKey[], presented: string): StoredKey | undefined {
  const hash = digest(presented)
  let found: StoredKey | undefined
  // Every key is compared, whether or not one was found: the time tells nothing.
  for (const key of stored) if (timingSafeEqual(key.hash, hash)) found = key
  return found
}

/** Read and admin keys are never taken from a URL, which ends up in logs and histories. */
function presentedKey(request: Request, scope: Scope): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (bearer) return bearer
  if (scope !== 'write') return undefined
  return request.headers.get('x-write-key') ?? new URL(request.url).searchParams.get('k') ?? undefined
}

/** A login comes with a cookie, which other sites' pages can make a browser send: only the server's own pages may use it. */
async function admitLogin(request: Request, raw: unknown, scope: Scope, authorize: Authorize | undefined) {
  const missing = new AnalyticsError('key_missing', `This route needs a key with the scope ${scope}.`)
  if (!authorize) throw missing
  const origin = request.headers.get('origin')
  const isForeign =
    origin === null ? request.headers.get('sec-fetch-site') === 'cross-site' : !isSameOrigin(origin, request)
  if (isForeign) {
    throw new AnalyticsError('origin_forbidden', 'A login works from pages of the same origin only.')
  }
  if (!(await authorize({ request, raw, scope }))) throw missing
  return { allowOrigin: undefined }
}

function admitOrigin(request: Request, { origins, scope }: StoredKey): string | undefined {
  const origin = request.headers.get('origin')
  if (origin === null) return undefined
  if (origins?.has(origin)) return origin
  if (!origins && scope === 'write') return origin
  if (!origins && isSameOrigin(origin, request)) return origin
  throw new AnalyticsError('origin_forbidden', 'The key may not be used from pages of this origin.')
}

/** Behind a proxy the scheme may differ, so hosts are what is compared. */
function isSameOrigin(origin: string, request: Request): boolean {
  try {
    return new URL(origin).host === new URL(request.url).host
  } catch {
    return false
  }
}
