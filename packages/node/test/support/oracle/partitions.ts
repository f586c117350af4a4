import type { Run } from './ddl.js'
import { oraError, refusal } from './errors.js'

/** A change of one partition, found by a day. */
export interface PartitionChange {
  table: string
  /** `exchange`, `drop` or `modify`. */
  action: string
  day: string
  /** What follows the partition. */
  rest: string
}

/**
 * Changes a partition. The table is one plain table in Postgres; its days are rows of `standin.partitions`, kept by triggers,
 * and each has a lock that whoever changed rows of it holds until the transaction ends.
 */
export async function changePartition(run: Run, { table, action, day, rest }: PartitionChange): Promise<void> {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) throw oraError(1861, 'literal does not match format string')
  const { rows } = await run(
    'SELECT key_column, bound, $2::pg_catalog.date < bound FROM standin.partitioned WHERE table_name = $1',
    [table, day],
  )
  const [key, bound, isInitial] = rows[0] ?? []
  if (!key) {
    await run(`SELECT 1 FROM ${table} WHERE false`)
    throw oraError(14501, 'object is not partitioned')
  }
  const lock =
    'SELECT pg_try_advisory_xact_lock($1::regclass::oid::int, standin.day_key($2::pg_catalog.date, $3::pg_catalog.date))'
  if ((await run(lock, [table, day, bound])).rows[0]?.[0] !== 't')
    throw oraError(54, 'resource busy and acquire with NOWAIT specified or timeout expired')
  const there = await run('SELECT is_read_only FROM standin.partitions WHERE table_name = $1 AND day = $2', [
    table,
    day,
  ])
  const isThere = there.rows.length > 0 || isInitial === 't'
  if (action === 'drop' && isInitial === 't')
    throw oraError(14758, 'Last partition in the range section cannot be dropped')
  if (!isThere) throw oraError(2149, 'Specified partition does not exist')
  if (isInitial === 't') throw refusal('the initial partition holds no day of ours.')
  if (action === 'modify') return modify(run, table, day, rest)
  await run(`SET LOCAL standin.moving = 'on'`)
  if (action === 'drop') {
    if (rest !== '' && rest !== 'update indexes') throw refusal(`no rule for DROP PARTITION ${rest}`)
    await run(`DELETE FROM ${table} WHERE ${key} = standin.to_day($1)`, [day])
    await run('DELETE FROM standin.partitions WHERE table_name = $1 AND day = $2', [table, day])
  } else if (action === 'exchange') {
    const other = /^with table (\w+) including indexes without validation$/.exec(rest)?.[1]
    if (!other) throw refusal('EXCHANGE is written INCLUDING INDEXES WITHOUT VALIDATION.')
    await exchange(run, { table, other, key, day })
  }
}

async function modify(run: Run, table: string, day: string, rest: string): Promise<void> {
  if (rest !== 'read only' && rest !== 'read write') throw refusal(`no rule for MODIFY PARTITION ${rest}`)
  await run('UPDATE standin.partitions SET is_read_only = $3 WHERE table_name = $1 AND day = $2', [
    table,
    day,
    rest === 'read only',
  ])
}

async function exchange(
  run: Run,
  { table, other, key, day }: { table: string; other: string; key: string; day: string },
): Promise<void> {
  await run(`LOCK TABLE ${other} IN SHARE ROW EXCLUSIVE MODE NOWAIT`)
  await assertExchangeable(run, table, other)
  const foreign = await run(`SELECT 1 FROM ${other} WHERE ${key} <> standin.to_day($1) FETCH FIRST 1 ROW ONLY`, [day])
  if (foreign.rows.length > 0)
    throw refusal(
      `rows of other days in ${other} would lie in the partition of ${day}, unseen: nothing validates them.`,
    )
  await run(
    `CREATE TEMPORARY TABLE standin_swap ON COMMIT DROP AS SELECT * FROM ${table} WHERE ${key} = standin.to_day($1)`,
    [day],
  )
  await run(`DELETE FROM ${table} WHERE ${key} = standin.to_day($1)`, [day])
  await run(`INSERT INTO ${table} SELECT * FROM ${other}`)
  await run(`DELETE FROM ${other}`)
  await run(`INSERT INTO ${other} SELECT * FROM standin_swap`)
}

/** What of two tables must be the same, each with the error of Oracle where it isn't. */
const COMPARED: readonly { errorNum: number; text: string; sql: string }[] = [
  {
    errorNum: 14096,
    text: 'tables in ALTER TABLE EXCHANGE PARTITION must have the same number of columns',
    sql: `SELECT count(*) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
  },
  {
    errorNum: 14097,
    text: 'column type or size mismatch in ALTER TABLE EXCHANGE PARTITION',
    sql: `SELECT attname, atttypid, atttypmod, attnotnull FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
  },
  {
    errorNum: 14097,
    text: 'column type or size mismatch in ALTER TABLE EXCHANGE PARTITION',
    sql: `SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c' AND conname LIKE 'max\\_%' ORDER BY 1`,
  },
  {
    errorNum: 14098,
    text: 'index mismatch for tables in ALTER TABLE EXCHANGE PARTITION',
    sql: `SELECT indisunique, (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(x.indkey) WITH ORDINALITY k (num, n)
      JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.num) AS columns
      FROM pg_index x WHERE indrelid = $1::regclass ORDER BY 2, 1`,
  },
  {
    errorNum: 14130,
    text: 'UNIQUE constraints mismatch in ALTER TABLE EXCHANGE PARTITION',
    sql: `SELECT contype, conkey FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('p', 'u') ORDER BY 1, 2`,
  },
  {
    errorNum: 14118,
    text: 'CHECK constraint mismatch in ALTER TABLE EXCHANGE PARTITION',
    sql: `SELECT pg_get_constraintdef(oid) FROM pg_constraint
      WHERE conrelid = $1::regclass AND contype = 'c' AND conname !~ '^(max_[0-9]+|empty)_' ORDER BY 1`,
  },
]

async function assertExchangeable(run: Run, table: string, other: string): Promise<void> {
  for (const { errorNum, text, sql } of COMPARED) {
    const [mine, theirs] = [await run(sql, [table]), await run(sql, [other])]
    if (JSON.stringify(mine.rows) !== JSON.stringify(theirs.rows)) throw oraError(errorNum, text)
  }
}
