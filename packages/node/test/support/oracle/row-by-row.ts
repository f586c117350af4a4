import { createHash } from 'node:crypto'

/** The bind of a number within what {@link rowByRow} makes. */
export const rowBind = (index: number): string => `standin_binds[${index + 1}]`

/**
 * Makes functions that run a statement once a row, each by itself, so that a row that fails leaves the others: they take the
 * binds of all rows as texts, and whether to stop at the first that fails. A function is made once for each statement.
 */
export function rowByRow(aside: (sql: string) => Promise<unknown>): (sql: string) => Promise<string> {
  const made = new Map<string, Promise<string>>()
  return (sql) => {
    const name = `standin.many_${createHash('sha256').update(sql).digest('hex').slice(0, 24)}`
    let making = made.get(sql)
    if (!making) {
      making = aside(definition(name, sql)).then(
        () => name,
        (error: { code?: string }) => {
          // Another pool over the same database made it.
          if (error.code === '42723' || error.code === '23505') return name
          made.delete(sql)
          throw error
        },
      )
      made.set(sql, making)
    }
    return making
  }
}

const definition = (name: string, sql: string): string => `
CREATE FUNCTION ${name}(standin_rows text[], standin_stops boolean, OUT counts bigint[], OUT errors jsonb[])
LANGUAGE plpgsql AS $standin$
#variable_conflict use_column
DECLARE
  standin_binds text[];
  standin_changed bigint;
  standin_constraint text;
  standin_table text;
  standin_column text;
  standin_where text;
BEGIN
  counts := '{}';
  errors := '{}';
  FOREACH standin_binds SLICE 1 IN ARRAY standin_rows LOOP
    BEGIN
      ${sql};
      GET DIAGNOSTICS standin_changed = ROW_COUNT;
      counts := array_append(counts, standin_changed);
    EXCEPTION WHEN OTHERS THEN
      IF SQLSTATE IN ('57014', '40P01') THEN RAISE; END IF;
      GET STACKED DIAGNOSTICS standin_constraint = CONSTRAINT_NAME, standin_table = TABLE_NAME,
        standin_column = COLUMN_NAME, standin_where = PG_EXCEPTION_CONTEXT;
      errors := array_append(errors, jsonb_build_object('offset', coalesce(array_length(counts, 1), 0),
        'code', SQLSTATE, 'message', SQLERRM, 'constraint', standin_constraint, 'table', standin_table,
        'column', standin_column, 'where', standin_where));
      counts := array_append(counts, 0::bigint);
      EXIT WHEN standin_stops;
    END;
  END LOOP;
END $standin$`
