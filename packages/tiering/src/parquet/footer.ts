import { open } from 'node:fs/promises'
import type { DuckDbSource } from '@analytics/protocol/duckdb'
import { compareText } from '@analytics/protocol/filter'
import { joinRanges } from '../read/byte-ranges.js'
import type { SegmentSource } from '../segment-format.js'
import { PERSON_ID } from './columns.js'
import { type Engine, literal } from './engine.js'

/** After the footer, its length in four bytes, then the four letters that end every Parquet file. */
const TAIL_BYTES = 8

/** Size of a Parquet file, and of its footer with what follows it. */
export async function sizesOf(path: string): Promise<{ size: number; footerSize: number }> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const { buffer } = await file.read({ buffer: Buffer.alloc(TAIL_BYTES), position: size - TAIL_BYTES })
    return { size, footerSize: buffer.readUInt32LE(0) + TAIL_BYTES }
  } finally {
    await file.close()
  }
}

/** A run of rows that lies together in the file. */
interface RowGroup {
  rows: number
  /** Bytes of all columns. */
  start: number
  end: number
  /** Of the people; null where the footer doesn't say. */
  first: string | null
  last: string | null
}

/** Where rows are, all of them local. */
export interface LocatedRows extends DuckDbSource {
  /** How many there are at most, where it is known. */
  rows?: number
}

/** The rows of a file, all of it local. */
export const rowsOf = (path: string): string => `read_parquet(${literal(path)})`

/**
 * Where to read the rows of these people, or of everybody. The file is sorted by person: few row groups have them, and only those
 * are asked of the source. Undefined where none has.
 */
export async function locateRows(
  engine: Engine,
  source: SegmentSource,
  people: ReadonlySet<string> | undefined,
): Promise<LocatedRows | undefined> {
  const { size, footerSize } = source
  if (!people || footerSize === undefined) return { from: rowsOf(await source.file()) }
  const footer = { start: size - footerSize, end: size }
  const groups = await readGroups(engine, await source.file([footer]))
  const spans: string[] = []
  const parts = [footer]
  let before = 0
  let rows = 0
  for (const group of groups) {
    if (mayHave(group, people)) {
      spans.push(`file_row_number BETWEEN ${before} AND ${before + group.rows - 1}`)
      parts.push({ start: group.start, end: group.end })
      rows += group.rows
    }
    before += group.rows
  }
  if (spans.length === 0) return undefined
  const path = await source.file(joinRanges(parts))
  // The engine skips whole groups by the number of a row: it never reads where the file has a hole.
  return { rows, from: `read_parquet(${literal(path)}, file_row_number = true)`, where: `(${spans.join(' OR ')})` }
}

function mayHave({ first, last }: RowGroup, people: ReadonlySet<string>): boolean {
  if (first === null || last === null) return true
  return [...people].some((person) => compareText(first, person) <= 0 && compareText(person, last) <= 0)
}

async function readGroups(engine: Engine, path: string): Promise<RowGroup[]> {
  const connection = await engine.connect()
  try {
    const stated = (column: string): string => `max(${column}) FILTER (path_in_schema = '${PERSON_ID}')`
    const read = await connection.runAndReadAll(
      `SELECT max(row_group_num_rows)::DOUBLE,
         min(least(data_page_offset, coalesce(dictionary_page_offset, data_page_offset)))::DOUBLE,
         max(least(data_page_offset, coalesce(dictionary_page_offset, data_page_offset)) + total_compressed_size)::DOUBLE,
         ${stated('stats_min_value')}, ${stated('stats_max_value')}
       FROM parquet_metadata(${literal(path)}) GROUP BY row_group_id ORDER BY row_group_id`,
    )
    return read.getRows().map((row) => {
      const [rows, start, end, first, last] = row as [number, number, number, string | null, string | null]
      return { rows, start, end, first, last }
    })
  } finally {
    connection.closeSync()
  }
}
