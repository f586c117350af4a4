import { createHash } from 'node:crypto'
import { canonicalJson, type EventMatch } from '@analytics/protocol'

/** Parts that can be told apart. */
export const MOST_PARTS = 255

/** How the rows of a scan are divided into parts, which have keys, so that other scans find what they have in common. */
export interface KeptParts {
  /** Scans that share parts have the same; it names all matches where their rows can only be kept together. */
  shared: string
  /** The number of the part of a row that matches so; undefined where there are too many parts. */
  partOf(matches: number): number | undefined
  /** The keys of the parts so far, by their numbers. */
  keys(): readonly string[]
  /** What rows of a part match; 0 where the scan does not give them. */
  matchesOf(key: string): number
  /** Whether a day with these parts has all rows of the scan. */
  isWhole(keys: readonly string[]): boolean
}

/** Each match by itself, if types tell them apart: then each row is of one alone. Otherwise the rows of all, by what they match. */
export function keptParts(matches: readonly EventMatch[]): KeptParts {
  const hashes = matches.map(hashOf)
  const masks = new Map<string, number>()
  for (const [i, hash] of hashes.entries()) masks.set(hash, (masks.get(hash) ?? 0) | (1 << i))
  const different = matches.filter((_, i) => hashes.indexOf(hashes[i]!) === i)
  return areApart(different) ? partsByMatch(masks) : partsByMask(hashOf(hashes))
}

function areApart(matches: readonly EventMatch[]): boolean {
  if (matches.length === 1) return true
  const types = matches.flatMap(({ eventTypes }) => (eventTypes ? [...new Set(eventTypes)] : undefined))
  return !types.includes(undefined) && new Set(types).size === types.length
}

function partsByMatch(masks: ReadonlyMap<string, number>): KeptParts {
  const keys = [...masks.keys()]
  const all = [...masks.values()]
  const partOf = Array.from({ length: 32 }, (_, bit) => all.findIndex((mask) => (mask & (1 << bit)) !== 0))
  return {
    shared: '',
    partOf: (mask) => partOf[31 - Math.clz32(mask & -mask)],
    keys: () => keys,
    matchesOf: (key) => masks.get(key) ?? 0,
    isWhole: (have) => keys.every((key) => have.includes(key)),
  }
}

function partsByMask(shared: string): KeptParts {
  const numbers = new Map<number, number>()
  return {
    shared,
    partOf(mask) {
      const known = numbers.get(mask)
      if (known !== undefined || numbers.size === MOST_PARTS) return known
      numbers.set(mask, numbers.size)
      return numbers.size - 1
    },
    keys: () => [...numbers.keys()].map(String),
    matchesOf: Number,
    isWhole: () => true,
  }
}

/** Short, however long a condition is. */
export const hashOf = (asked: unknown): string => createHash('sha256').update(canonicalJson(asked)).digest('base64')
