-- What a database needs to pass for Oracle: the package orafce, and this schema in front of it. What is here under a name of
-- Postgres or of orafce replaces it.
CREATE EXTENSION IF NOT EXISTS orafce;
CREATE SCHEMA standin;

CREATE FUNCTION standin.fail(num int, message text) RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RAISE EXCEPTION 'ORA-%: %', lpad(num::text, 5, '0'), message;
END $$;

-- CLOB and JSON are types of their own, so that comparing, sorting and grouping them fails, as in Oracle.
CREATE TYPE standin.clob;
CREATE FUNCTION standin.clob_in(cstring) RETURNS standin.clob LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION standin.clob_out(standin.clob) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE standin.clob (INPUT = standin.clob_in, OUTPUT = standin.clob_out, LIKE = pg_catalog.text);
CREATE CAST (standin.clob AS text) WITHOUT FUNCTION;
CREATE CAST (text AS standin.clob) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (varchar AS standin.clob) WITHOUT FUNCTION AS ASSIGNMENT;

-- What a text of more than 4,000 bytes is bound as: it goes into a CLOB, and nowhere else.
CREATE TYPE standin.long_text;
CREATE FUNCTION standin.long_text_in(cstring) RETURNS standin.long_text LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION standin.long_text_out(standin.long_text) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE standin.long_text (INPUT = standin.long_text_in, OUTPUT = standin.long_text_out, LIKE = pg_catalog.text);
CREATE CAST (standin.long_text AS standin.clob) WITHOUT FUNCTION AS ASSIGNMENT;

CREATE TYPE standin.document;
CREATE FUNCTION standin.document_in(cstring) RETURNS standin.document LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION standin.document_out(standin.document) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE standin.document (INPUT = standin.document_in, OUTPUT = standin.document_out, LIKE = pg_catalog.text);
CREATE CAST (standin.document AS text) WITHOUT FUNCTION;

-- 19c takes documents only, no scalars. What is no JSON at all is an error here; it counts as a check that failed.
CREATE FUNCTION standin.is_json(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
  $$ SELECT json_typeof(value::json) IN ('object', 'array') $$;
CREATE FUNCTION standin.is_json(value standin.clob) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT standin.is_json(value::text)';

CREATE FUNCTION standin.to_document(value text) RETURNS standin.document LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM value::json;
  RETURN standin.document_in(textout(value));
END $$;
CREATE FUNCTION standin.to_document(value varchar) RETURNS standin.document LANGUAGE sql IMMUTABLE AS 'SELECT standin.to_document(value::text)';
CREATE FUNCTION standin.to_document(value standin.clob) RETURNS standin.document LANGUAGE sql IMMUTABLE AS 'SELECT standin.to_document(value::text)';
CREATE CAST (text AS standin.document) WITH FUNCTION standin.to_document(text) AS ASSIGNMENT;
CREATE CAST (varchar AS standin.document) WITH FUNCTION standin.to_document(varchar) AS ASSIGNMENT;
CREATE CAST (standin.clob AS standin.document) WITH FUNCTION standin.to_document(standin.clob) AS ASSIGNMENT;

-- Texts: an empty one is NULL, NULL beside a text is nothing, no text is longer than 4,000 bytes.
CREATE FUNCTION standin.text_of(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF octet_length(value) > 4000 THEN PERFORM standin.fail(1489, 'result of string concatenation is too long'); END IF;
  RETURN nullif(value, '');
END $$;
CREATE FUNCTION standin.concat(a text, b text) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT standin.text_of(coalesce(a, '') OPERATOR(pg_catalog.||) coalesce(b, '')) $$;
CREATE FUNCTION standin.concat(a text, b standin.clob) RETURNS standin.clob LANGUAGE sql IMMUTABLE AS
  $$ SELECT nullif(coalesce(a, '') OPERATOR(pg_catalog.||) coalesce(b::text, ''), '')::standin.clob $$;
CREATE FUNCTION standin.concat(a standin.clob, b text) RETURNS standin.clob LANGUAGE sql IMMUTABLE AS
  $$ SELECT nullif(coalesce(a::text, '') OPERATOR(pg_catalog.||) coalesce(b, ''), '')::standin.clob $$;
CREATE FUNCTION standin.concat(a text, b numeric) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT standin.concat(a, b::text)';
CREATE FUNCTION standin.concat(a numeric, b text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT standin.concat(a::text, b)';
CREATE FUNCTION standin.concat(a standin.clob, b standin.clob) RETURNS standin.clob LANGUAGE sql IMMUTABLE AS
  'SELECT standin.concat(a, b::text)';
CREATE FUNCTION standin.to_clob(value text) RETURNS standin.clob LANGUAGE sql IMMUTABLE AS 'SELECT value::standin.clob';
CREATE FUNCTION standin.concat(a text, b bigint) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT standin.concat(a, b::text)';
CREATE FUNCTION standin.concat(a text, b int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT standin.concat(a, b::text)';
CREATE OPERATOR standin.|| (LEFTARG = text, RIGHTARG = bigint, FUNCTION = standin.concat);
CREATE OPERATOR standin.|| (LEFTARG = text, RIGHTARG = int, FUNCTION = standin.concat);
CREATE OPERATOR standin.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = standin.concat);
CREATE OPERATOR standin.|| (LEFTARG = standin.clob, RIGHTARG = standin.clob, FUNCTION = standin.concat);
CREATE OPERATOR standin.|| (LEFTARG = text, RIGHTARG = standin.clob, FUNCTION = standin.concat);
CREATE OPERATOR standin.|| (LEFTARG = standin.clob, RIGHTARG = text, FUNCTION = standin.concat);
CREATE OPERATOR standin.|| (LEFTARG = text, RIGHTARG = numeric, FUNCTION = standin.concat);
CREATE OPERATOR standin.|| (LEFTARG = numeric, RIGHTARG = text, FUNCTION = standin.concat);

CREATE FUNCTION standin.substr(value text, start int) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT nullif(oracle.substr(value, start), '') $$;
CREATE FUNCTION standin.substr(value text, start int, length int) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT CASE WHEN length >= 1 THEN nullif(oracle.substr(value, start, length), '') END $$;
CREATE FUNCTION standin.substr(value text, start numeric) RETURNS text LANGUAGE sql IMMUTABLE AS
  'SELECT standin.substr(value, trunc(start)::int)';
CREATE FUNCTION standin.substr(value text, start numeric, length numeric) RETURNS text LANGUAGE sql IMMUTABLE AS
  'SELECT standin.substr(value, trunc(start)::int, trunc(length)::int)';
CREATE FUNCTION standin.substr(value standin.clob, start numeric, length numeric) RETURNS standin.clob LANGUAGE sql IMMUTABLE AS
  $$ SELECT standin.substr(value::text, start, length)::standin.clob $$;
CREATE FUNCTION standin.instr(value standin.clob, part text) RETURNS int LANGUAGE sql IMMUTABLE AS
  'SELECT oracle.instr(value::text, part)';
CREATE FUNCTION standin.instr(value text, part standin.clob) RETURNS int LANGUAGE sql IMMUTABLE AS
  'SELECT oracle.instr(value, part::text)';
CREATE FUNCTION standin.instr(value standin.clob, part standin.clob) RETURNS int LANGUAGE sql IMMUTABLE AS
  'SELECT oracle.instr(value::text, part::text)';
CREATE SCHEMA dbms_lob;
CREATE FUNCTION dbms_lob.compare(a standin.clob, b standin.clob) RETURNS int LANGUAGE sql IMMUTABLE AS
  $$ SELECT CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN bttextcmp(a::text, b::text) END $$;
CREATE FUNCTION standin.length(value text) RETURNS int LANGUAGE sql IMMUTABLE AS
  $$ SELECT pg_catalog.length(nullif(value, '')) $$;
CREATE FUNCTION standin.length(value standin.clob) RETURNS int LANGUAGE sql IMMUTABLE AS
  'SELECT pg_catalog.length(value::text)';
-- The key of a text is no longer than 2,000 bytes: what is beyond doesn't count.
CREATE FUNCTION standin.sort_key(value text) RETURNS bytea LANGUAGE sql IMMUTABLE AS
  $$ SELECT pg_catalog.substring(convert_to(value, 'UTF8') OPERATOR(pg_catalog.||) '\x00'::bytea, 1, 2000) $$;
CREATE FUNCTION standin.clob_like(value standin.clob, pattern text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
  'SELECT value::text LIKE pattern';
CREATE OPERATOR standin.~~ (LEFTARG = standin.clob, RIGHTARG = text, FUNCTION = standin.clob_like);

-- Numbers are decimal: no division cuts its remainder off.
CREATE FUNCTION standin.divide(a bigint, b bigint) RETURNS numeric LANGUAGE sql IMMUTABLE AS
  'SELECT a::numeric OPERATOR(pg_catalog./) b::numeric';
CREATE FUNCTION standin.divide(a int, b int) RETURNS numeric LANGUAGE sql IMMUTABLE AS
  'SELECT a::numeric OPERATOR(pg_catalog./) b::numeric';
CREATE OPERATOR standin./ (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = standin.divide);
CREATE OPERATOR standin./ (LEFTARG = int, RIGHTARG = int, FUNCTION = standin.divide);
CREATE FUNCTION standin.divide(a bigint, b int) RETURNS numeric LANGUAGE sql IMMUTABLE AS
  'SELECT a::numeric OPERATOR(pg_catalog./) b::numeric';
CREATE OPERATOR standin./ (LEFTARG = bigint, RIGHTARG = int, FUNCTION = standin.divide);

-- Days and instants, from the one spelling that we use.
CREATE FUNCTION standin.not_spelled(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM standin.fail(1861, 'literal does not match format string');
END $$;
CREATE FUNCTION standin.to_day(value text) RETURNS oracle.date LANGUAGE sql IMMUTABLE AS $$
  SELECT (CASE WHEN value IS NULL OR value ~ '^\d{4}-\d\d-\d\d$' THEN value ELSE standin.not_spelled(value) END)::pg_catalog.timestamp::oracle.date
$$;
CREATE FUNCTION standin.to_instant(value text, digits int) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
  SELECT rtrim(CASE WHEN value IS NULL OR value ~ pg_catalog.format('^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,%s}Z$', digits)
    THEN value ELSE standin.not_spelled(value) END, 'Z')::pg_catalog.timestamp
$$;
CREATE FUNCTION standin.utc_now() RETURNS timestamp LANGUAGE sql STABLE AS
  $$ SELECT statement_timestamp() AT TIME ZONE 'UTC' $$;

-- JSON. U+0000, which Postgres can't hold, is U+FFFE here; halves of surrogate pairs are U+FFFD.
CREATE FUNCTION standin.json_of_escapes(document text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  whole text := pg_catalog.regexp_replace(document, '(?<!\\)((?:\\\\)*)\\u0000', '\1\\uFFFE', 'g');
BEGIN
  RETURN whole::jsonb;
EXCEPTION WHEN invalid_text_representation OR untranslatable_character THEN
  whole := pg_catalog.regexp_replace(whole, '\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])', '\\uFFFD', 'g');
  RETURN pg_catalog.regexp_replace(whole, '(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}', '\\uFFFD', 'g')::jsonb;
END $$;
CREATE FUNCTION standin.json_of(document text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS
  $$ SELECT CASE WHEN strpos(document, '\u') = 0 THEN document::jsonb ELSE standin.json_of_escapes(document) END $$;
-- The one scalar at a path; NULL where there is none, or several, or one of another kind.
CREATE FUNCTION standin.json_scalar(document text, path jsonpath, kind text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  found jsonb := jsonb_path_query_array(standin.json_of(document), path);
  type text := jsonb_typeof(found -> 0);
BEGIN
  IF jsonb_array_length(found) <> 1 OR type IN ('object', 'array', 'null') OR type <> coalesce(nullif(kind, 'any'), type) THEN
    RETURN NULL;
  END IF;
  RETURN found -> 0;
END $$;
CREATE FUNCTION standin.json_text(document text, path jsonpath, kind text, bytes int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  found text := standin.json_scalar(document, path, kind) #>> '{}';
BEGIN
  RETURN CASE WHEN octet_length(found) BETWEEN 1 AND bytes THEN found END;
END $$;
CREATE FUNCTION standin.json_number(document text, path jsonpath, kind text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  found text := standin.json_scalar(document, path, kind) #>> '{}';
  number numeric := CASE WHEN found ~ '^\s*-?\d+(\.\d*)?([eE][-+]?\d+)?\s*$' THEN found::numeric END;
BEGIN
  -- The range of NUMBER.
  RETURN CASE WHEN abs(number) >= 1e126 THEN NULL WHEN abs(number) < 1e-130 THEN 0 ELSE number END;
END $$;

-- The dictionary.
CREATE TABLE standin.partitioned (table_name text PRIMARY KEY, key_column text NOT NULL, bound pg_catalog.date NOT NULL);
CREATE TABLE standin.partitions (
  table_name text NOT NULL, day pg_catalog.date NOT NULL, is_read_only boolean NOT NULL DEFAULT false, PRIMARY KEY (table_name, day)
);
CREATE VIEW standin.user_tables AS
  SELECT upper(c.relname)::varchar AS table_name, (CASE WHEN p.table_name IS NULL THEN 'NO' ELSE 'YES' END)::varchar AS partitioned
  FROM pg_class c LEFT JOIN standin.partitioned p ON p.table_name = c.relname
  WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace;
CREATE VIEW standin.user_sequences AS
  SELECT upper(relname)::varchar AS sequence_name FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
CREATE VIEW standin.user_indexes AS
  SELECT upper(i.relname)::varchar AS index_name, upper(t.relname)::varchar AS table_name,
    (CASE WHEN x.indisunique THEN 'UNIQUE' ELSE 'NONUNIQUE' END)::varchar AS uniqueness
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
  WHERE t.relnamespace = 'public'::regnamespace;
CREATE VIEW standin.user_tab_columns AS
  SELECT upper(c.relname)::varchar AS table_name, upper(a.attname)::varchar AS column_name, a.attnum AS column_id,
    (CASE WHEN a.attnotnull THEN 'N' ELSE 'Y' END)::varchar AS nullable,
    (CASE a.atttypid WHEN 'standin.clob'::regtype THEN 'CLOB' WHEN 'standin.document'::regtype THEN 'JSON'
      WHEN 'varchar'::regtype THEN 'VARCHAR2' WHEN 'numeric'::regtype THEN 'NUMBER' WHEN 'float8'::regtype THEN 'BINARY_DOUBLE'
      WHEN 'oracle.date'::regtype THEN 'DATE' ELSE 'TIMESTAMP(3)' END)::varchar AS data_type
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped;
CREATE VIEW standin.user_tab_partitions AS
  SELECT upper(table_name)::varchar AS table_name, ('SYS_P' OPERATOR(pg_catalog.||) to_char(day, 'YYYYMMDD'))::varchar AS partition_name,
    (CASE WHEN is_read_only THEN 'YES' ELSE 'NO' END)::varchar AS read_only
  FROM standin.partitions;
CREATE VIEW standin.nls_session_parameters AS
  SELECT * FROM (VALUES ('NLS_SORT'::varchar, 'BINARY'::varchar), ('NLS_COMP', 'BINARY'), ('NLS_CALENDAR', 'GREGORIAN'),
    ('NLS_LENGTH_SEMANTICS', 'BYTE'), ('NLS_NUMERIC_CHARACTERS', '.,')) p (parameter, value);
CREATE VIEW standin.nls_database_parameters AS
  SELECT * FROM (VALUES ('NLS_CHARACTERSET'::varchar, 'AL32UTF8'::varchar)) p (parameter, value);

-- Partitions of a table: one plain table here, its days known by name. Whoever changes rows of a day shares its lock until the
-- transaction ends; whoever moves or drops the day must have it alone.
CREATE FUNCTION standin.day_key(day pg_catalog.date, bound pg_catalog.date) RETURNS int LANGUAGE sql IMMUTABLE AS
  $$ SELECT greatest(day, bound OPERATOR(pg_catalog.-) 1) OPERATOR(pg_catalog.-) '2000-01-01'::pg_catalog.date $$;
CREATE FUNCTION standin.touch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  touched record;
  head standin.partitioned;
BEGIN
  IF current_setting('standin.moving', true) = 'on' THEN RETURN NULL; END IF;
  SELECT * INTO head FROM standin.partitioned WHERE table_name = TG_TABLE_NAME;
  FOR touched IN EXECUTE format('SELECT DISTINCT %I::pg_catalog.timestamp::pg_catalog.date AS day FROM touched_rows', head.key_column) LOOP
    IF touched.day OPERATOR(pg_catalog.-) head.bound >= 1048575 THEN
      PERFORM standin.fail(14300, 'partitioning key maps to a partition outside maximum permitted number of partitions');
    END IF;
    PERFORM pg_advisory_xact_lock_shared(TG_RELID::int, standin.day_key(touched.day, head.bound));
    IF EXISTS (SELECT 1 FROM standin.partitions WHERE table_name = TG_TABLE_NAME AND day = touched.day AND is_read_only) THEN
      PERFORM standin.fail(14466, 'Data in a read-only partition or subpartition cannot be modified.');
    END IF;
    IF touched.day >= head.bound THEN
      PERFORM set_config('standin.days', pg_catalog.concat(current_setting('standin.days', true), ' ', touched.day::text), false);
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE FUNCTION standin.refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM standin.fail(14402, 'updating partition key column would cause a partition change');
  RETURN NULL;
END $$;
