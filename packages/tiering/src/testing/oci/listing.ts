import { type Answer, type Exchange, jsonTime, limitOf } from './exchange.js'
import { archivalState, findBucket, type ObjectVersion } from './state.js'

/** Fields of a listed object in the order in which the service writes them. */
function fieldsOf(version: ObjectVersion, wanted: ReadonlySet<string>, now: number): Record<string, unknown> {
  const all: Record<string, unknown> = {
    size: version.bytes.byteLength,
    timeCreated: jsonTime(version.timeCreated),
    timeModified: jsonTime(version.timeModified),
    etag: version.etag,
    storageTier: version.tier,
    archivalState: archivalState(version, now),
    md5: version.md5,
  }
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => wanted.has(name) && value !== undefined))
}

const wantedFields = (query: URLSearchParams): ReadonlySet<string> => new Set((query.get('fields') ?? '').split(','))

/** Names within the bounds of a query, in order, and the prefixes that stand for several; at most a page of both. */
function page(names: readonly string[], query: URLSearchParams, from: string) {
  const [prefix, end, delimiter] = ['prefix', 'end', 'delimiter'].map((name) => query.get(name) ?? '') as [
    string,
    string,
    string,
  ]
  const limit = limitOf(query)
  const found: string[] = []
  const prefixes: string[] = []
  for (const name of names) {
    if (!name.startsWith(prefix) || name < from || (end !== '' && name >= end)) continue
    const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length)
    const group = cut < 0 ? undefined : name.slice(0, cut + delimiter.length)
    if (group !== undefined && prefixes.at(-1) === group) continue
    if (found.length + prefixes.length === limit) return { found, prefixes, next: group ?? name }
    if (group === undefined) found.push(name)
    else prefixes.push(group)
  }
  return { found, prefixes, next: undefined }
}

/** Orders as UTF-8 bytes do. */
const byName = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

export function listObjects({ state, now, path, query }: Exchange): Answer {
  const bucket = findBucket(state, path.bucket!)
  const startAfter = query.get('startAfter')
  const names = [...bucket.objects]
    .filter(([, [current]]) => current && !current.isDeleteMarker)
    .map(([name]) => name)
    .filter((name) => startAfter === null || name > startAfter)
    .sort(byName)
  const { found, prefixes, next } = page(names, query, query.get('start') ?? '')
  const wanted = wantedFields(query)
  return {
    status: 200,
    body: {
      ...(next === undefined ? {} : { nextStartWith: next }),
      objects: found.map((name) => ({ name, ...fieldsOf(bucket.objects.get(name)![0]!, wanted, now) })),
      ...(query.has('delimiter') ? { prefixes } : {}),
    },
  }
}

export function listObjectVersions({ state, now, path, query }: Exchange): Answer {
  const bucket = findBucket(state, path.bucket!)
  const cursor = query.get('page')
  const from = cursor === null ? (query.get('start') ?? '') : Buffer.from(cursor.slice(2), 'base64url').toString()
  const { found, prefixes, next } = page([...bucket.objects.keys()].sort(byName), query, from)
  const wanted = wantedFields(query)
  const items = found.flatMap((name) =>
    bucket.objects.get(name)!.map((version) => {
      const { size, timeCreated, etag, storageTier, archivalState: archived, md5 } = fieldsOf(version, wanted, now)
      const fields = version.isDeleteMarker ? {} : { size, timeCreated }
      const more = version.isDeleteMarker ? {} : { etag, storageTier, archivalState: archived }
      return withoutMissing({
        name,
        ...fields,
        timeModified: jsonTime(version.timeModified),
        ...more,
        versionId: version.versionId,
        isDeleteMarker: version.isDeleteMarker,
        ...(version.isDeleteMarker ? {} : { md5 }),
      })
    }),
  )
  return {
    status: 200,
    headers: { 'opc-next-page': next === undefined ? undefined : `1:${Buffer.from(next).toString('base64url')}` },
    body: { items, ...(query.has('delimiter') ? { prefixes } : {}) },
  }
}

function withoutMissing(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
