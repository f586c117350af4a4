-- Oracle 19c
-- binds: DB_TYPE_VARCHAR
SELECT value FROM nls_session_parameters WHERE parameter = :b1
/

-- binds: DB_TYPE_VARCHAR
SELECT body FROM pf_analytics_meta WHERE record_key = :b1
/

CREATE SEQUENCE pf_analytics_person_seq MINVALUE 0 START WITH 0 CACHE 100
/

CREATE TABLE pf_analytics_meta (
  record_key VARCHAR2(400 CHAR) NOT NULL,
  version NUMBER(19) NOT NULL,
  body CLOB NOT NULL,
  CONSTRAINT pf_analytics_meta_pk PRIMARY KEY (record_key)
)
/

CREATE TABLE pf_analytics_leases (
  record_key VARCHAR2(400 CHAR) NOT NULL,
  version NUMBER(19) NOT NULL,
  body CLOB NOT NULL,
  owner VARCHAR2(500 CHAR),
  CONSTRAINT pf_analytics_leases_pk PRIMARY KEY (record_key)
)
/

CREATE TABLE pf_analytics_audit (
  record_key VARCHAR2(400 CHAR) NOT NULL,
  version NUMBER(19) NOT NULL,
  body CLOB NOT NULL,
  action VARCHAR2(500 CHAR),
  target VARCHAR2(500 CHAR),
  created_at TIMESTAMP(3),
  CONSTRAINT pf_analytics_audit_pk PRIMARY KEY (record_key)
)
/

CREATE TABLE pf_analytics_rollups (
  record_key VARCHAR2(400 CHAR) NOT NULL,
  version NUMBER(19) NOT NULL,
  body CLOB NOT NULL,
  state VARCHAR2(500 CHAR),
  computed_at TIMESTAMP(3),
  CONSTRAINT pf_analytics_rollups_pk PRIMARY KEY (record_key)
)
/

CREATE TABLE pf_analytics_job_runs (
  record_key VARCHAR2(400 CHAR) NOT NULL,
  version NUMBER(19) NOT NULL,
  body CLOB NOT NULL,
  job VARCHAR2(500 CHAR),
  outcome VARCHAR2(500 CHAR),
  started_at TIMESTAMP(3),
  ended_at TIMESTAMP(3),
  CONSTRAINT pf_analytics_job_runs_pk PRIMARY KEY (record_key)
)
/

CREATE TABLE pf_analytics_suppressions (
  record_key VARCHAR2(400 CHAR) NOT NULL,
  version NUMBER(19) NOT NULL,
  body CLOB NOT NULL,
  created_at TIMESTAMP(3),
  CONSTRAINT pf_analytics_suppressions_pk PRIMARY KEY (record_key)
)
/

CREATE TABLE pf_analytics_dead_letters (
  record_key VARCHAR2(400 CHAR) NOT NULL,
  version NUMBER(19) NOT NULL,
  body CLOB NOT NULL,
  created_at TIMESTAMP(3),
  reason VARCHAR2(500 CHAR),
  user_id VARCHAR2(500 CHAR),
  anonymous_id VARCHAR2(500 CHAR),
  CONSTRAINT pf_analytics_dead_letters_pk PRIMARY KEY (record_key)
)
/

CREATE INDEX pf_analytics_dead_letters_ix1 ON pf_analytics_dead_letters (created_at)
/

CREATE INDEX pf_analytics_dead_letters_ix2 ON pf_analytics_dead_letters (user_id)
/

CREATE INDEX pf_analytics_dead_letters_ix3 ON pf_analytics_dead_letters (anonymous_id)
/

CREATE TABLE pf_analytics_definitions (
  record_key VARCHAR2(400 CHAR) NOT NULL,
  version NUMBER(19) NOT NULL,
  body CLOB NOT NULL,
  kind VARCHAR2(500 CHAR),
  name VARCHAR2(500 CHAR),
  created_at TIMESTAMP(3),
  CONSTRAINT pf_analytics_definitions_pk PRIMARY KEY (record_key)
)
/

CREATE TABLE pf_analytics_storage_tiers (
  record_key VARCHAR2(400 CHAR) NOT NULL,
  version NUMBER(19) NOT NULL,
  body CLOB NOT NULL,
  tier_name VARCHAR2(500 CHAR),
  date_range_start VARCHAR2(500 CHAR),
  date_range_end VARCHAR2(500 CHAR),
  storage_location VARCHAR2(500 CHAR),
  file_prefix VARCHAR2(500 CHAR),
  compression_type VARCHAR2(500 CHAR),
  encryption_enabled VARCHAR2(500 CHAR),
  records_count NUMBER(19),
  size_bytes NUMBER(19),
  created_at TIMESTAMP(3),
  last_accessed TIMESTAMP(3),
  CONSTRAINT pf_analytics_storage_tiers_pk PRIMARY KEY (record_key)
)
/

CREATE TABLE pf_user_events (
  event_id VARCHAR2(26 CHAR) NOT NULL,
  event_type VARCHAR2(100 CHAR) NOT NULL,
  event_category VARCHAR2(50 CHAR),
  event_action VARCHAR2(100 CHAR),
  event_label VARCHAR2(200 CHAR),
  event_value BINARY_DOUBLE,
  user_id VARCHAR2(128 CHAR),
  anonymous_id VARCHAR2(128 CHAR),
  session_id VARCHAR2(64 CHAR) NOT NULL,
  page_url VARCHAR2(2048 CHAR),
  referrer_url VARCHAR2(2048 CHAR),
  user_agent VARCHAR2(512 CHAR),
  ip_address VARCHAR2(45 CHAR),
  device_type VARCHAR2(50 CHAR),
  browser VARCHAR2(100 CHAR),
  os VARCHAR2(100 CHAR),
  country VARCHAR2(2 CHAR),
  properties CLOB CONSTRAINT pf_user_events_properties_js CHECK (properties IS JSON),
  schema_version NUMBER(10) NOT NULL,
  event_timestamp TIMESTAMP(3) NOT NULL,
  received_timestamp TIMESTAMP(3),
  processing_timestamp TIMESTAMP(3),
  event_day DATE NOT NULL,
  person NUMBER(10) NOT NULL,
  CONSTRAINT pf_user_events_pk PRIMARY KEY (event_day, event_id) USING INDEX LOCAL
)
PARTITION BY RANGE (event_day) INTERVAL (NUMTODSINTERVAL(1, 'DAY'))
  (PARTITION p_initial VALUES LESS THAN (TO_DATE('1900-01-01', 'YYYY-MM-DD')))
/

CREATE INDEX pf_user_events_ix1 ON pf_user_events (user_id, event_timestamp) LOCAL
/

CREATE INDEX pf_user_events_ix2 ON pf_user_events (anonymous_id) LOCAL
/

CREATE INDEX pf_user_events_ix3 ON pf_user_events (session_id) LOCAL
/

CREATE INDEX pf_user_events_ix4 ON pf_user_events (event_type, event_timestamp) LOCAL
/

CREATE TABLE pf_analytics_identities (
  person NUMBER(10) NOT NULL,
  user_id VARCHAR2(128 CHAR),
  anonymous_id VARCHAR2(128 CHAR),
  linked_person NUMBER(10),
  linked_at NUMBER(19),
  created_at TIMESTAMP(3),
  CONSTRAINT pf_analytics_identities_pk PRIMARY KEY (person),
  CONSTRAINT pf_analytics_identities_uq1 UNIQUE (user_id),
  CONSTRAINT pf_analytics_identities_uq2 UNIQUE (anonymous_id)
)
/

CREATE INDEX pf_analytics_identities_ix1 ON pf_analytics_identities (linked_person)
/

CREATE INDEX pf_analytics_identities_ix2 ON pf_analytics_identities (linked_at)
/

CREATE TABLE pf_user_sessions_analytics (
  session_id VARCHAR2(64 CHAR) NOT NULL,
  person NUMBER(10) NOT NULL,
  user_id VARCHAR2(128 CHAR),
  anonymous_id VARCHAR2(128 CHAR),
  session_start TIMESTAMP(3) NOT NULL,
  session_end TIMESTAMP(3) NOT NULL,
  duration_seconds BINARY_DOUBLE NOT NULL,
  page_count NUMBER(10) NOT NULL,
  event_count NUMBER(10) NOT NULL,
  entry_page VARCHAR2(2048 CHAR),
  entry_at TIMESTAMP(3),
  exit_page VARCHAR2(2048 CHAR),
  exit_at TIMESTAMP(3),
  device_info CLOB CONSTRAINT pf_user_sessions_analytics_device_info_js CHECK (device_info IS JSON),
  geo_location CLOB CONSTRAINT pf_user_sessions_analytics_geo_location_js CHECK (geo_location IS JSON),
  conversion_events CLOB CONSTRAINT pf_user_sessions_analytics_conversion_events_js CHECK (conversion_events IS JSON),
  session_value BINARY_DOUBLE NOT NULL,
  created_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT pf_user_sessions_analytics_pk PRIMARY KEY (session_id, person)
)
/

CREATE INDEX pf_user_sessions_analytics_ix1 ON pf_user_sessions_analytics (user_id)
/

CREATE INDEX pf_user_sessions_analytics_ix2 ON pf_user_sessions_analytics (person)
/

CREATE INDEX pf_user_sessions_analytics_ix3 ON pf_user_sessions_analytics (session_start)
/

CREATE TABLE pf_user_metrics_hourly (
  metric_hour TIMESTAMP(3) NOT NULL,
  person NUMBER(10) NOT NULL,
  user_id VARCHAR2(128 CHAR),
  anonymous_id VARCHAR2(128 CHAR),
  total_events NUMBER(10) NOT NULL,
  total_sessions NUMBER(10) NOT NULL,
  total_duration_seconds BINARY_DOUBLE NOT NULL,
  page_views NUMBER(10) NOT NULL,
  unique_pages NUMBER(10) NOT NULL,
  actions_performed CLOB CONSTRAINT pf_user_metrics_hourly_actions_performed_js CHECK (actions_performed IS JSON),
  features_used CLOB CONSTRAINT pf_user_metrics_hourly_features_used_js CHECK (features_used IS JSON),
  avg_page_load_time BINARY_DOUBLE,
  error_count NUMBER(10) NOT NULL,
  created_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT pf_user_metrics_hourly_pk PRIMARY KEY (metric_hour, person)
)
/

CREATE INDEX pf_user_metrics_hourly_ix1 ON pf_user_metrics_hourly (person)
/

CREATE INDEX pf_user_metrics_hourly_ix2 ON pf_user_metrics_hourly (user_id, metric_hour)
/

CREATE TABLE pf_user_metrics_daily (
  metric_date DATE NOT NULL,
  person NUMBER(10) NOT NULL,
  user_id VARCHAR2(128 CHAR),
  anonymous_id VARCHAR2(128 CHAR),
  total_events NUMBER(10) NOT NULL,
  total_sessions NUMBER(10) NOT NULL,
  total_duration_seconds BINARY_DOUBLE NOT NULL,
  page_views NUMBER(10) NOT NULL,
  unique_pages NUMBER(10) NOT NULL,
  actions_performed CLOB CONSTRAINT pf_user_metrics_daily_actions_performed_js CHECK (actions_performed IS JSON),
  features_used CLOB CONSTRAINT pf_user_metrics_daily_features_used_js CHECK (features_used IS JSON),
  avg_page_load_time BINARY_DOUBLE,
  error_count NUMBER(10) NOT NULL,
  created_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT pf_user_metrics_daily_pk PRIMARY KEY (metric_date, person) USING INDEX LOCAL
)
PARTITION BY RANGE (metric_date) INTERVAL (NUMTODSINTERVAL(1, 'DAY'))
  (PARTITION p_initial VALUES LESS THAN (TO_DATE('1900-01-01', 'YYYY-MM-DD')))
/

CREATE INDEX pf_user_metrics_daily_ix1 ON pf_user_metrics_daily (person) LOCAL
/

CREATE INDEX pf_user_metrics_daily_ix2 ON pf_user_metrics_daily (user_id, metric_date) LOCAL
/

CREATE TABLE pf_user_metrics_weekly (
  metric_week DATE NOT NULL,
  person NUMBER(10) NOT NULL,
  user_id VARCHAR2(128 CHAR),
  anonymous_id VARCHAR2(128 CHAR),
  total_events NUMBER(10) NOT NULL,
  total_sessions NUMBER(10) NOT NULL,
  total_duration_seconds BINARY_DOUBLE NOT NULL,
  page_views NUMBER(10) NOT NULL,
  unique_pages NUMBER(10) NOT NULL,
  actions_performed CLOB CONSTRAINT pf_user_metrics_weekly_actions_performed_js CHECK (actions_performed IS JSON),
  features_used CLOB CONSTRAINT pf_user_metrics_weekly_features_used_js CHECK (features_used IS JSON),
  avg_page_load_time BINARY_DOUBLE,
  error_count NUMBER(10) NOT NULL,
  created_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT pf_user_metrics_weekly_pk PRIMARY KEY (metric_week, person)
)
/

CREATE INDEX pf_user_metrics_weekly_ix1 ON pf_user_metrics_weekly (person)
/

CREATE INDEX pf_user_metrics_weekly_ix2 ON pf_user_metrics_weekly (user_id, metric_week)
/

CREATE TABLE pf_analytics_rollup_marks (
  mark_id VARCHAR2(26 CHAR) NOT NULL,
  hour TIMESTAMP(3),
  person NUMBER(10),
  CONSTRAINT pf_analytics_rollup_marks_pk PRIMARY KEY (mark_id)
)
/

CREATE TABLE pf_analytics_first_seen (
  person NUMBER(10) NOT NULL,
  event_type VARCHAR2(100 CHAR) NOT NULL,
  first_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT pf_analytics_first_seen_pk PRIMARY KEY (person, event_type)
)
/

-- binds: DB_TYPE_VARCHAR × 2
UPDATE pf_analytics_meta SET body = :b1 WHERE record_key = :b2
/

-- binds: DB_TYPE_VARCHAR(4000), DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000)
INSERT INTO pf_analytics_meta (record_key, version, body) VALUES (:1, :2, :3)
/

SELECT version FROM pf_analytics_meta WHERE record_key = 'erasures'
/

-- binds: DB_TYPE_VARCHAR
SELECT user_id, person FROM pf_analytics_identities WHERE (user_id IN (:b1))
/

SELECT (EXTRACT(DAY FROM (SYS_EXTRACT_UTC(SYSTIMESTAMP) - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (SYS_EXTRACT_UTC(SYSTIMESTAMP) - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (SYS_EXTRACT_UTC(SYSTIMESTAMP) - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (SYS_EXTRACT_UTC(SYSTIMESTAMP) - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM DUAL
/

SELECT pf_analytics_person_seq.NEXTVAL FROM DUAL CONNECT BY LEVEL <= 1
/

-- binds: DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000) × 2, DB_TYPE_NUMBER × 2, DB_TYPE_VARCHAR(32)
INSERT INTO pf_analytics_identities (person, user_id, anonymous_id, linked_person, linked_at, created_at) VALUES (:1, :2, :3, :4, :5, TO_TIMESTAMP(:6, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'))
/

-- binds: DB_TYPE_VARCHAR × 3
SELECT event_id FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND (event_id IN (:b3))
/

-- binds: DB_TYPE_VARCHAR × 2
SELECT body FROM pf_analytics_meta WHERE record_key >= :b1 AND record_key <= :b2 ORDER BY NLSSORT(record_key, 'NLS_SORT=BINARY')
/

-- binds: DB_TYPE_VARCHAR
SELECT anonymous_id, person FROM pf_analytics_identities WHERE (anonymous_id IN (:b1))
/

-- binds: DB_TYPE_NUMBER
SELECT person, user_id, anonymous_id, linked_person, linked_at, (EXTRACT(DAY FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_analytics_identities WHERE (person IN (:b1)) AND linked_person IS NULL ORDER BY person FOR UPDATE
/

-- binds: DB_TYPE_VARCHAR(4000) × 5, DB_TYPE_BINARY_DOUBLE, DB_TYPE_VARCHAR(4000) × 12, DB_TYPE_NUMBER, DB_TYPE_VARCHAR(32) × 3, DB_TYPE_VARCHAR(16), DB_TYPE_NUMBER
INSERT INTO pf_user_events (event_id, event_type, event_category, event_action, event_label, event_value, user_id, anonymous_id, session_id, page_url, referrer_url, user_agent, ip_address, device_type, browser, os, country, properties, schema_version, event_timestamp, received_timestamp, processing_timestamp, event_day, person) VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9, :10, :11, :12, :13, :14, :15, :16, :17, :18, :19, TO_TIMESTAMP(:20, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), TO_TIMESTAMP(:21, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), TO_TIMESTAMP(:22, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), TO_DATE(:23, 'YYYY-MM-DD'), :24)
/

-- binds: DB_TYPE_VARCHAR(4000), DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000) × 2, DB_TYPE_VARCHAR(32) × 2, DB_TYPE_BINARY_DOUBLE, DB_TYPE_NUMBER × 2, DB_TYPE_VARCHAR(4000), DB_TYPE_VARCHAR(32), DB_TYPE_VARCHAR(4000), DB_TYPE_VARCHAR(32), DB_TYPE_VARCHAR(4000) × 3, DB_TYPE_BINARY_DOUBLE, DB_TYPE_VARCHAR(32)
INSERT INTO pf_user_sessions_analytics (session_id, person, user_id, anonymous_id, session_start, session_end, duration_seconds, page_count, event_count, entry_page, entry_at, exit_page, exit_at, device_info, geo_location, conversion_events, session_value, created_at) VALUES (:1, :2, :3, :4, TO_TIMESTAMP(:5, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), TO_TIMESTAMP(:6, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), :7, :8, :9, :10, TO_TIMESTAMP(:11, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), :12, TO_TIMESTAMP(:13, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), :14, :15, :16, :17, TO_TIMESTAMP(:18, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'))
/

-- binds: DB_TYPE_VARCHAR(4000), DB_TYPE_VARCHAR(32), DB_TYPE_NUMBER
INSERT INTO pf_analytics_rollup_marks (mark_id, hour, person) VALUES (:1, TO_TIMESTAMP(:2, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), :3)
/

-- binds: DB_TYPE_NUMBER, DB_TYPE_VARCHAR
SELECT person, event_type, (EXTRACT(DAY FROM (first_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (first_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (first_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (first_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_analytics_first_seen WHERE (person IN (:b1)) AND (event_type IN (:b2))
/

-- binds: DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000), DB_TYPE_VARCHAR(32)
INSERT INTO pf_analytics_first_seen (person, event_type, first_at) VALUES (:1, :2, TO_TIMESTAMP(:3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'))
/

-- binds: DB_TYPE_VARCHAR × 3
SELECT event_id FROM pf_sealed_20260115_0123456789 WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND (event_id IN (:b3))
/

-- binds: DB_TYPE_VARCHAR
SELECT session_id, person, user_id, anonymous_id, (EXTRACT(DAY FROM (session_start - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (session_start - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (session_start - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (session_start - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), (EXTRACT(DAY FROM (session_end - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (session_end - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (session_end - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (session_end - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), duration_seconds, page_count, event_count, entry_page, (EXTRACT(DAY FROM (entry_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (entry_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (entry_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (entry_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), exit_page, (EXTRACT(DAY FROM (exit_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (exit_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (exit_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (exit_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), device_info, geo_location, conversion_events, session_value, (EXTRACT(DAY FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_user_sessions_analytics WHERE (session_id IN (:b1)) ORDER BY NLSSORT(session_id, 'NLS_SORT=BINARY'), person FOR UPDATE
/

-- binds: DB_TYPE_VARCHAR(4000) × 2, DB_TYPE_VARCHAR(32) × 2, DB_TYPE_BINARY_DOUBLE, DB_TYPE_NUMBER × 2, DB_TYPE_VARCHAR(4000), DB_TYPE_VARCHAR(32), DB_TYPE_VARCHAR(4000), DB_TYPE_VARCHAR(32), DB_TYPE_VARCHAR(4000) × 3, DB_TYPE_BINARY_DOUBLE, DB_TYPE_VARCHAR(32), DB_TYPE_VARCHAR(4000), DB_TYPE_NUMBER
UPDATE pf_user_sessions_analytics SET user_id = :1, anonymous_id = :2, session_start = TO_TIMESTAMP(:3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), session_end = TO_TIMESTAMP(:4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), duration_seconds = :5, page_count = :6, event_count = :7, entry_page = :8, entry_at = TO_TIMESTAMP(:9, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), exit_page = :10, exit_at = TO_TIMESTAMP(:11, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), device_info = :12, geo_location = :13, conversion_events = :14, session_value = :15, created_at = TO_TIMESTAMP(:16, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') WHERE session_id = :17 AND person = :18
/

-- binds: DB_TYPE_NUMBER, DB_TYPE_VARCHAR
SELECT person, event_type, (EXTRACT(DAY FROM (first_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (first_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (first_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (first_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_analytics_first_seen WHERE (person IN (:b1)) AND (event_type IN (:b2)) ORDER BY person, NLSSORT(event_type, 'NLS_SORT=BINARY') FOR UPDATE
/

-- binds: DB_TYPE_VARCHAR(32), DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000)
UPDATE pf_analytics_first_seen SET first_at = TO_TIMESTAMP(:1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') WHERE person = :2 AND event_type = :3
/

-- binds: DB_TYPE_VARCHAR(4000), DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000) × 8, DB_TYPE_NUMBER × 2, DB_TYPE_VARCHAR(32) × 2
INSERT INTO pf_analytics_storage_tiers (record_key, version, body, tier_name, date_range_start, date_range_end, storage_location, file_prefix, compression_type, encryption_enabled, records_count, size_bytes, created_at, last_accessed) VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9, :10, :11, :12, TO_TIMESTAMP(:13, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), TO_TIMESTAMP(:14, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'))
/

-- binds: DB_TYPE_NUMBER, DB_TYPE_VARCHAR × 2, DB_TYPE_NUMBER, DB_TYPE_VARCHAR × 2, DB_TYPE_NUMBER
UPDATE pf_analytics_storage_tiers SET version = :b1, body = :b2, tier_name = :b3, date_range_start = NULL, date_range_end = NULL, storage_location = NULL, file_prefix = NULL, compression_type = NULL, encryption_enabled = NULL, records_count = :b4, size_bytes = NULL, created_at = TO_TIMESTAMP(:b5, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), last_accessed = NULL WHERE record_key = :b6 AND version = :b7
/

-- binds: DB_TYPE_VARCHAR, DB_TYPE_NUMBER
DELETE FROM pf_analytics_storage_tiers WHERE record_key = :b1 AND version = :b2
/

-- binds: DB_TYPE_VARCHAR(4000), DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000), DB_TYPE_VARCHAR(32), DB_TYPE_VARCHAR(4000) × 3
INSERT INTO pf_analytics_dead_letters (record_key, version, body, created_at, reason, user_id, anonymous_id) VALUES (:1, :2, :3, TO_TIMESTAMP(:4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), :5, :6, :7)
/

-- binds: DB_TYPE_VARCHAR(4000), DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000) × 3, DB_TYPE_VARCHAR(32)
INSERT INTO pf_analytics_definitions (record_key, version, body, kind, name, created_at) VALUES (:1, :2, :3, :4, :5, TO_TIMESTAMP(:6, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'))
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_analytics_dead_letters WHERE created_at < TO_TIMESTAMP(:b1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')
/

-- binds: DB_TYPE_VARCHAR
SELECT record_key, version, body FROM pf_analytics_leases WHERE record_key = :b1
/

-- binds: DB_TYPE_VARCHAR(4000), DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000) × 2
INSERT INTO pf_analytics_leases (record_key, version, body, owner) VALUES (:1, :2, :3, :4)
/

-- binds: DB_TYPE_VARCHAR
SELECT DISTINCT person FROM pf_user_events WHERE (user_id IN (:b1))
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_user_events WHERE (user_id IN (:b1))
/

-- binds: DB_TYPE_VARCHAR
SELECT DISTINCT person FROM pf_user_events WHERE user_id IS NULL AND (anonymous_id IN (:b1))
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_user_events WHERE user_id IS NULL AND (anonymous_id IN (:b1))
/

-- binds: DB_TYPE_VARCHAR
SELECT DISTINCT person FROM pf_sealed_20260115_0123456789 WHERE (user_id IN (:b1))
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_sealed_20260115_0123456789 WHERE (user_id IN (:b1))
/

-- binds: DB_TYPE_VARCHAR
SELECT DISTINCT person FROM pf_sealed_20260115_0123456789 WHERE user_id IS NULL AND (anonymous_id IN (:b1))
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_sealed_20260115_0123456789 WHERE user_id IS NULL AND (anonymous_id IN (:b1))
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_analytics_dead_letters WHERE (user_id IN (:b1))
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_analytics_dead_letters WHERE user_id IS NULL AND (anonymous_id IN (:b1))
/

-- binds: DB_TYPE_NUMBER × 2
DELETE FROM pf_user_sessions_analytics WHERE (person IN (:b1, :b2))
/

-- binds: DB_TYPE_NUMBER × 2
DELETE FROM pf_user_metrics_hourly WHERE (person IN (:b1, :b2))
/

-- binds: DB_TYPE_NUMBER × 2
DELETE FROM pf_user_metrics_daily WHERE (person IN (:b1, :b2))
/

-- binds: DB_TYPE_NUMBER × 2
DELETE FROM pf_user_metrics_weekly WHERE (person IN (:b1, :b2))
/

-- binds: DB_TYPE_NUMBER × 2
DELETE FROM pf_analytics_first_seen WHERE (person IN (:b1, :b2))
/

-- binds: DB_TYPE_NUMBER × 2
UPDATE pf_analytics_identities SET user_id = NULL, anonymous_id = NULL, linked_person = NULL, linked_at = NULL WHERE (person IN (:b1, :b2)) AND (user_id IS NOT NULL OR anonymous_id IS NOT NULL)
/

-- binds: DB_TYPE_NUMBER × 2
UPDATE pf_analytics_identities SET linked_person = NULL, linked_at = NULL WHERE (linked_person IN (:b1, :b2))
/

SELECT COUNT(*) FROM pf_sealed_20260115_0123456789
/

-- binds: DB_TYPE_VARCHAR
UPDATE pf_analytics_identities SET user_id = NULL, anonymous_id = NULL, linked_person = NULL, linked_at = NULL WHERE (created_at IS NULL OR created_at < TO_TIMESTAMP(:b1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')) AND (user_id IS NOT NULL OR anonymous_id IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM pf_user_events x WHERE x.user_id = pf_analytics_identities.user_id) AND NOT EXISTS (SELECT 1 FROM pf_user_events x WHERE x.anonymous_id = pf_analytics_identities.anonymous_id) AND NOT EXISTS (SELECT 1 FROM pf_sealed_20260115_0123456789 x WHERE x.user_id = pf_analytics_identities.user_id) AND NOT EXISTS (SELECT 1 FROM pf_sealed_20260115_0123456789 x WHERE x.anonymous_id = pf_analytics_identities.anonymous_id) AND NOT EXISTS (SELECT 1 FROM pf_user_sessions_analytics x WHERE x.person = pf_analytics_identities.person) AND NOT EXISTS (SELECT 1 FROM pf_user_metrics_hourly x WHERE x.person = pf_analytics_identities.person) AND NOT EXISTS (SELECT 1 FROM pf_user_metrics_daily x WHERE x.person = pf_analytics_identities.person) AND NOT EXISTS (SELECT 1 FROM pf_user_metrics_weekly x WHERE x.person = pf_analytics_identities.person) AND NOT EXISTS (SELECT 1 FROM pf_analytics_identities x WHERE x.linked_person = pf_analytics_identities.person)
/

DELETE FROM pf_analytics_first_seen WHERE person IN (SELECT person FROM pf_analytics_identities WHERE NOT (user_id IS NOT NULL OR anonymous_id IS NOT NULL))
/

UPDATE pf_analytics_meta SET version = version + 1 WHERE record_key = 'erasures'
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_analytics_rollup_marks WHERE (mark_id IN (:b1))
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_user_metrics_hourly WHERE metric_hour = TO_TIMESTAMP(:b1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')
/

-- binds: DB_TYPE_VARCHAR × 12
INSERT INTO pf_user_metrics_hourly (metric_hour, person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, created_at) WITH counted AS (SELECT COALESCE(i.linked_person, e.person) AS who, session_id, event_type, event_category, event_action, event_label, event_value, page_url, event_timestamp FROM (SELECT * FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b2, 'YYYY-MM-DD') AND TO_DATE(:b3, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b5, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')) e LEFT JOIN pf_analytics_identities i ON i.person = e.person), totals AS (SELECT who, COUNT(*) AS events, COUNT(CASE WHEN event_type = :b6 THEN 1 END) AS views, COUNT(DISTINCT CASE WHEN event_type = :b7 THEN page_url END) AS pages, AVG(CASE WHEN event_type = :b8 THEN event_value END) AS load_time, COUNT(CASE WHEN event_type = :b9 THEN 1 END) AS errors FROM counted GROUP BY who), visits AS (SELECT who, COUNT(*) AS sessions, SUM(last_ms - first_ms) AS duration FROM (SELECT who, session_id, (EXTRACT(DAY FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS first_ms, (EXTRACT(DAY FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS last_ms FROM counted WHERE session_id <> :b10 GROUP BY who, session_id) visit GROUP BY who), actions AS (SELECT who, JSON_OBJECTAGG(KEY event_action VALUE times RETURNING CLOB) AS found FROM (SELECT who, event_action, COUNT(*) AS times FROM counted WHERE event_action IS NOT NULL GROUP BY who, event_action) action GROUP BY who), features AS (SELECT who, JSON_ARRAYAGG(event_label ORDER BY event_label RETURNING CLOB) AS found FROM (SELECT DISTINCT who, event_label FROM counted WHERE event_category = :b11 AND event_label IS NOT NULL) feature GROUP BY who) SELECT TO_TIMESTAMP(:b1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), totals.who, p.user_id, p.anonymous_id, events, COALESCE(sessions, 0), COALESCE(duration, 0) / 1000, views, pages, actions.found, features.found, load_time, errors, TO_TIMESTAMP(:b12, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') FROM totals LEFT JOIN visits ON visits.who = totals.who LEFT JOIN actions ON actions.who = totals.who LEFT JOIN features ON features.who = totals.who LEFT JOIN pf_analytics_identities p ON p.person = totals.who
/

-- binds: DB_TYPE_NUMBER
SELECT person, user_id, anonymous_id FROM pf_analytics_identities WHERE (person IN (:b1))
/

-- binds: DB_TYPE_VARCHAR(32), DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000) × 2, DB_TYPE_NUMBER × 2, DB_TYPE_BINARY_DOUBLE, DB_TYPE_NUMBER × 2, DB_TYPE_VARCHAR(4000) × 2, DB_TYPE_BINARY_DOUBLE, DB_TYPE_NUMBER, DB_TYPE_VARCHAR(32)
INSERT INTO pf_user_metrics_hourly (metric_hour, person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, created_at) VALUES (TO_TIMESTAMP(:1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'), :2, :3, :4, :5, :6, :7, :8, :9, :10, :11, :12, :13, TO_TIMESTAMP(:14, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'))
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_user_metrics_hourly WHERE metric_hour <= TO_TIMESTAMP(:b1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_user_metrics_daily WHERE metric_date = TO_DATE(:b1, 'YYYY-MM-DD')
/

-- binds: DB_TYPE_VARCHAR × 12
INSERT INTO pf_user_metrics_daily (metric_date, person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, created_at) WITH counted AS (SELECT COALESCE(i.linked_person, e.person) AS who, session_id, event_type, event_category, event_action, event_label, event_value, page_url, event_timestamp FROM (SELECT * FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b2, 'YYYY-MM-DD') AND TO_DATE(:b3, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b5, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')) e LEFT JOIN pf_analytics_identities i ON i.person = e.person), totals AS (SELECT who, COUNT(*) AS events, COUNT(CASE WHEN event_type = :b6 THEN 1 END) AS views, COUNT(DISTINCT CASE WHEN event_type = :b7 THEN page_url END) AS pages, AVG(CASE WHEN event_type = :b8 THEN event_value END) AS load_time, COUNT(CASE WHEN event_type = :b9 THEN 1 END) AS errors FROM counted GROUP BY who), visits AS (SELECT who, COUNT(*) AS sessions, SUM(last_ms - first_ms) AS duration FROM (SELECT who, session_id, (EXTRACT(DAY FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS first_ms, (EXTRACT(DAY FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS last_ms FROM counted WHERE session_id <> :b10 GROUP BY who, session_id) visit GROUP BY who), actions AS (SELECT who, JSON_OBJECTAGG(KEY event_action VALUE times RETURNING CLOB) AS found FROM (SELECT who, event_action, COUNT(*) AS times FROM counted WHERE event_action IS NOT NULL GROUP BY who, event_action) action GROUP BY who), features AS (SELECT who, JSON_ARRAYAGG(event_label ORDER BY event_label RETURNING CLOB) AS found FROM (SELECT DISTINCT who, event_label FROM counted WHERE event_category = :b11 AND event_label IS NOT NULL) feature GROUP BY who) SELECT TO_DATE(:b1, 'YYYY-MM-DD'), totals.who, p.user_id, p.anonymous_id, events, COALESCE(sessions, 0), COALESCE(duration, 0) / 1000, views, pages, actions.found, features.found, load_time, errors, TO_TIMESTAMP(:b12, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') FROM totals LEFT JOIN visits ON visits.who = totals.who LEFT JOIN actions ON actions.who = totals.who LEFT JOIN features ON features.who = totals.who LEFT JOIN pf_analytics_identities p ON p.person = totals.who
/

-- binds: DB_TYPE_VARCHAR(16), DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000) × 2, DB_TYPE_NUMBER × 2, DB_TYPE_BINARY_DOUBLE, DB_TYPE_NUMBER × 2, DB_TYPE_VARCHAR(4000) × 2, DB_TYPE_BINARY_DOUBLE, DB_TYPE_NUMBER, DB_TYPE_VARCHAR(32)
INSERT INTO pf_user_metrics_daily (metric_date, person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, created_at) VALUES (TO_DATE(:1, 'YYYY-MM-DD'), :2, :3, :4, :5, :6, :7, :8, :9, :10, :11, :12, :13, TO_TIMESTAMP(:14, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'))
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_user_metrics_daily WHERE metric_date <= TO_DATE(:b1, 'YYYY-MM-DD')
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_user_metrics_weekly WHERE metric_week = TO_DATE(:b1, 'YYYY-MM-DD')
/

-- binds: DB_TYPE_VARCHAR × 12
INSERT INTO pf_user_metrics_weekly (metric_week, person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, created_at) WITH counted AS (SELECT COALESCE(i.linked_person, e.person) AS who, session_id, event_type, event_category, event_action, event_label, event_value, page_url, event_timestamp FROM (SELECT * FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b2, 'YYYY-MM-DD') AND TO_DATE(:b3, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b5, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')) e LEFT JOIN pf_analytics_identities i ON i.person = e.person), totals AS (SELECT who, COUNT(*) AS events, COUNT(CASE WHEN event_type = :b6 THEN 1 END) AS views, COUNT(DISTINCT CASE WHEN event_type = :b7 THEN page_url END) AS pages, AVG(CASE WHEN event_type = :b8 THEN event_value END) AS load_time, COUNT(CASE WHEN event_type = :b9 THEN 1 END) AS errors FROM counted GROUP BY who), visits AS (SELECT who, COUNT(*) AS sessions, SUM(last_ms - first_ms) AS duration FROM (SELECT who, session_id, (EXTRACT(DAY FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS first_ms, (EXTRACT(DAY FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS last_ms FROM counted WHERE session_id <> :b10 GROUP BY who, session_id) visit GROUP BY who), actions AS (SELECT who, JSON_OBJECTAGG(KEY event_action VALUE times RETURNING CLOB) AS found FROM (SELECT who, event_action, COUNT(*) AS times FROM counted WHERE event_action IS NOT NULL GROUP BY who, event_action) action GROUP BY who), features AS (SELECT who, JSON_ARRAYAGG(event_label ORDER BY event_label RETURNING CLOB) AS found FROM (SELECT DISTINCT who, event_label FROM counted WHERE event_category = :b11 AND event_label IS NOT NULL) feature GROUP BY who) SELECT TO_DATE(:b1, 'YYYY-MM-DD'), totals.who, p.user_id, p.anonymous_id, events, COALESCE(sessions, 0), COALESCE(duration, 0) / 1000, views, pages, actions.found, features.found, load_time, errors, TO_TIMESTAMP(:b12, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') FROM totals LEFT JOIN visits ON visits.who = totals.who LEFT JOIN actions ON actions.who = totals.who LEFT JOIN features ON features.who = totals.who LEFT JOIN pf_analytics_identities p ON p.person = totals.who
/

-- binds: DB_TYPE_VARCHAR(16), DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000) × 2, DB_TYPE_NUMBER × 2, DB_TYPE_BINARY_DOUBLE, DB_TYPE_NUMBER × 2, DB_TYPE_VARCHAR(4000) × 2, DB_TYPE_BINARY_DOUBLE, DB_TYPE_NUMBER, DB_TYPE_VARCHAR(32)
INSERT INTO pf_user_metrics_weekly (metric_week, person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, created_at) VALUES (TO_DATE(:1, 'YYYY-MM-DD'), :2, :3, :4, :5, :6, :7, :8, :9, :10, :11, :12, :13, TO_TIMESTAMP(:14, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'))
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_user_metrics_weekly WHERE metric_week <= TO_DATE(:b1, 'YYYY-MM-DD')
/

-- binds: DB_TYPE_VARCHAR × 12
INSERT INTO pf_user_metrics_daily (metric_date, person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, created_at) WITH counted AS (SELECT COALESCE(i.linked_person, e.person) AS who, session_id, event_type, event_category, event_action, event_label, event_value, page_url, event_timestamp FROM (SELECT * FROM (SELECT event_id, event_type, event_category, event_action, event_label, event_value, user_id, anonymous_id, session_id, page_url, referrer_url, user_agent, ip_address, device_type, browser, os, country, properties, schema_version, event_timestamp, received_timestamp, processing_timestamp, event_day, person FROM pf_user_events UNION ALL SELECT event_id, event_type, event_category, event_action, event_label, event_value, user_id, anonymous_id, session_id, page_url, referrer_url, user_agent, ip_address, device_type, browser, os, country, properties, schema_version, event_timestamp, received_timestamp, processing_timestamp, event_day, person FROM pf_sealed_20260115_0123456789) stored WHERE event_day BETWEEN TO_DATE(:b2, 'YYYY-MM-DD') AND TO_DATE(:b3, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b5, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')) e LEFT JOIN pf_analytics_identities i ON i.person = e.person), totals AS (SELECT who, COUNT(*) AS events, COUNT(CASE WHEN event_type = :b6 THEN 1 END) AS views, COUNT(DISTINCT CASE WHEN event_type = :b7 THEN page_url END) AS pages, AVG(CASE WHEN event_type = :b8 THEN event_value END) AS load_time, COUNT(CASE WHEN event_type = :b9 THEN 1 END) AS errors FROM counted GROUP BY who), visits AS (SELECT who, COUNT(*) AS sessions, SUM(last_ms - first_ms) AS duration FROM (SELECT who, session_id, (EXTRACT(DAY FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (MIN(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS first_ms, (EXTRACT(DAY FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (MAX(event_timestamp) - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS last_ms FROM counted WHERE session_id <> :b10 GROUP BY who, session_id) visit GROUP BY who), actions AS (SELECT who, JSON_OBJECTAGG(KEY event_action VALUE times RETURNING CLOB) AS found FROM (SELECT who, event_action, COUNT(*) AS times FROM counted WHERE event_action IS NOT NULL GROUP BY who, event_action) action GROUP BY who), features AS (SELECT who, JSON_ARRAYAGG(event_label ORDER BY event_label RETURNING CLOB) AS found FROM (SELECT DISTINCT who, event_label FROM counted WHERE event_category = :b11 AND event_label IS NOT NULL) feature GROUP BY who) SELECT TO_DATE(:b1, 'YYYY-MM-DD'), totals.who, p.user_id, p.anonymous_id, events, COALESCE(sessions, 0), COALESCE(duration, 0) / 1000, views, pages, actions.found, features.found, load_time, errors, TO_TIMESTAMP(:b12, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') FROM totals LEFT JOIN visits ON visits.who = totals.who LEFT JOIN actions ON actions.who = totals.who LEFT JOIN features ON features.who = totals.who LEFT JOIN pf_analytics_identities p ON p.person = totals.who
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_user_sessions_analytics WHERE session_end < TO_TIMESTAMP(:b1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')
/

-- binds: DB_TYPE_VARCHAR × 3
WITH days (d) AS (SELECT MIN(event_day) AS d FROM pf_user_events WHERE event_day >= TO_DATE(:b1, 'YYYY-MM-DD') UNION ALL SELECT (SELECT MIN(event_day) AS d FROM pf_user_events WHERE event_day > days.d AND event_day <= TO_DATE(:b2, 'YYYY-MM-DD')) FROM days WHERE days.d IS NOT NULL) SELECT TO_CHAR(d, 'YYYY-MM-DD') FROM days WHERE d IS NOT NULL AND d <= TO_DATE(:b3, 'YYYY-MM-DD')
/

-- binds: DB_TYPE_VARCHAR × 5
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND ((CASE WHEN (event_type IN (:b5)) THEN 1 ELSE 0 END = 1))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 5
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (NOT ((CASE WHEN (event_type IN (:b5)) THEN 1 ELSE 0 END = 1)))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 4, DB_TYPE_BINARY_DOUBLE
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (CASE WHEN event_value > :b5 THEN 1 ELSE 0 END = 1)) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 4, DB_TYPE_BINARY_DOUBLE
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (CASE WHEN event_value <= :b5 THEN 1 ELSE 0 END = 1)) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 4
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (NOT (event_value IS NOT NULL))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 4
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (1 = 0)) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 5
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (CASE WHEN INSTR(page_url, :b5) > 0 THEN 1 ELSE 0 END = 1)) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 5
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (NOT ((CASE WHEN (page_url IN (:b5)) THEN 1 ELSE 0 END = 1)))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 6
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND ((CASE WHEN (user_id IN (:b5, :b6)) THEN 1 ELSE 0 END = 1))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 5
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (NOT ((CASE WHEN (user_id IN (:b5)) THEN 1 ELSE 0 END = 1)))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 5
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (CASE WHEN event_timestamp >= TO_TIMESTAMP(:b5, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') THEN 1 ELSE 0 END = 1)) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 5
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND ((CASE WHEN ((CASE WHEN JSON_VALUE(properties, '$."plan".type()') = 'string' THEN 's' || JSON_VALUE(properties, '$."plan"' RETURNING VARCHAR2(3999) NULL ON ERROR) END) IN (('s' || :b5))) THEN 1 ELSE 0 END = 1))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 5
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (CASE WHEN DBMS_LOB.COMPARE(CASE WHEN JSON_VALUE(properties, '$."plan".type()') = 'string' THEN TO_CLOB('s') || JSON_VALUE(properties, '$."plan"' RETURNING CLOB NULL ON ERROR) END, TO_CLOB('s') || :b5) > 0 THEN 1 ELSE 0 END = 1)) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 4, DB_TYPE_BINARY_DOUBLE
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (CASE WHEN (CASE WHEN JSON_VALUE(properties, '$."amount".type()') = 'number' THEN JSON_VALUE(properties, '$."amount"' RETURNING NUMBER NULL ON ERROR) END) >= :b5 THEN 1 ELSE 0 END = 1)) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 5
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND ((CASE WHEN ((CASE WHEN JSON_VALUE(properties, '$."amount".type()') = 'string' THEN 's' || JSON_VALUE(properties, '$."amount"' RETURNING VARCHAR2(3999) NULL ON ERROR) END) IN (('s' || :b5))) THEN 1 ELSE 0 END = 1))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 5
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND ((CASE WHEN ((CASE WHEN JSON_VALUE(properties, '$."nested".type()') = 'object' AND JSON_VALUE(properties, '$."nested"."deep".type()') = 'boolean' THEN 's' || JSON_VALUE(properties, '$."nested"."deep"' RETURNING VARCHAR2(5) NULL ON ERROR) END) IN (('s' || :b5))) THEN 1 ELSE 0 END = 1))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 4
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND ((CASE WHEN JSON_VALUE(properties, '$."nested".type()') <> 'null' THEN 1 ELSE 0 END = 1))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 4
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (NOT ((CASE WHEN JSON_VALUE(properties, '$."missing".type()') = 'object' AND JSON_VALUE(properties, '$."missing"."deep".type()') <> 'null' THEN 1 ELSE 0 END = 1)))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 5
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (NOT ((CASE WHEN ((CASE WHEN JSON_VALUE(properties, '$."plan".type()') = 'string' THEN 's' || JSON_VALUE(properties, '$."plan"' RETURNING VARCHAR2(3999) NULL ON ERROR) END) IN (('s' || :b5))) THEN 1 ELSE 0 END = 1)))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 4
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (1 = 1)) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 5, DB_TYPE_BINARY_DOUBLE
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (((CASE WHEN (event_type IN (:b5)) THEN 1 ELSE 0 END = 1)) OR ((CASE WHEN (CASE WHEN JSON_VALUE(properties, '$."amount".type()') = 'number' THEN JSON_VALUE(properties, '$."amount"' RETURNING NUMBER NULL ON ERROR) END) < :b6 THEN 1 ELSE 0 END = 1) AND (NOT (user_id IS NOT NULL))))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 5
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (CASE WHEN INSTR((CASE WHEN JSON_VALUE(properties, '$."plan".type()') = 'string' THEN JSON_VALUE(properties, '$."plan"' RETURNING CLOB NULL ON ERROR) END), :b5) > 0 THEN 1 ELSE 0 END = 1)) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 4, DB_TYPE_BINARY_DOUBLE, DB_TYPE_VARCHAR × 2
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND ((CASE WHEN ((CASE WHEN JSON_VALUE(properties, '$."deep".type()') = 'object' AND JSON_VALUE(properties, '$."deep"."list".type()') = 'object' AND JSON_VALUE(properties, '$."deep"."list"."amount".type()') = 'number' THEN JSON_VALUE(properties, '$."deep"."list"."amount"' RETURNING NUMBER NULL ON ERROR) END) IN (:b5)) THEN 1 ELSE 0 END = 1) OR (CASE WHEN ((CASE WHEN JSON_VALUE(properties, '$."deep".type()') = 'object' AND JSON_VALUE(properties, '$."deep"."list".type()') = 'object' AND JSON_VALUE(properties, '$."deep"."list"."amount".type()') = 'string' THEN 's' || JSON_VALUE(properties, '$."deep"."list"."amount"' RETURNING VARCHAR2(3999) NULL ON ERROR) END) IN (('s' || :b6))) THEN 1 ELSE 0 END = 1) OR (CASE WHEN ((CASE WHEN JSON_VALUE(properties, '$."deep".type()') = 'object' AND JSON_VALUE(properties, '$."deep"."list".type()') = 'object' AND JSON_VALUE(properties, '$."deep"."list"."amount".type()') = 'boolean' THEN 's' || JSON_VALUE(properties, '$."deep"."list"."amount"' RETURNING VARCHAR2(5) NULL ON ERROR) END) IN (('s' || :b7))) THEN 1 ELSE 0 END = 1))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 4
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND ((CASE WHEN JSON_VALUE(properties, '$."it\u0027s \u0022quoted\u0022".type()') = 'object' AND JSON_VALUE(properties, '$."it\u0027s \u0022quoted\u0022"."\u00fcn\u00efcode".type()') <> 'null' THEN 1 ELSE 0 END = 1))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 1504
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits FROM (SELECT event_timestamp, person, CASE WHEN (1 = 1) THEN 1 ELSE 0 END AS bits FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND ((CASE WHEN (session_id IN (:b5, :b6, :b7, :b8, :b9, :b10, :b11, :b12, :b13, :b14, :b15, :b16, :b17, :b18, :b19, :b20, :b21, :b22, :b23, :b24, :b25, :b26, :b27, :b28, :b29, :b30, :b31, :b32, :b33, :b34, :b35, :b36, :b37, :b38, :b39, :b40, :b41, :b42, :b43, :b44, :b45, :b46, :b47, :b48, :b49, :b50, :b51, :b52, :b53, :b54, :b55, :b56, :b57, :b58, :b59, :b60, :b61, :b62, :b63, :b64, :b65, :b66, :b67, :b68, :b69, :b70, :b71, :b72, :b73, :b74, :b75, :b76, :b77, :b78, :b79, :b80, :b81, :b82, :b83, :b84, :b85, :b86, :b87, :b88, :b89, :b90, :b91, :b92, :b93, :b94, :b95, :b96, :b97, :b98, :b99, :b100, :b101, :b102, :b103, :b104, :b105, :b106, :b107, :b108, :b109, :b110, :b111, :b112, :b113, :b114, :b115, :b116, :b117, :b118, :b119, :b120, :b121, :b122, :b123, :b124, :b125, :b126, :b127, :b128, :b129, :b130, :b131, :b132, :b133, :b134, :b135, :b136, :b137, :b138, :b139, :b140, :b141, :b142, :b143, :b144, :b145, :b146, :b147, :b148, :b149, :b150, :b151, :b152, :b153, :b154, :b155, :b156, :b157, :b158, :b159, :b160, :b161, :b162, :b163, :b164, :b165, :b166, :b167, :b168, :b169, :b170, :b171, :b172, :b173, :b174, :b175, :b176, :b177, :b178, :b179, :b180, :b181, :b182, :b183, :b184, :b185, :b186, :b187, :b188, :b189, :b190, :b191, :b192, :b193, :b194, :b195, :b196, :b197, :b198, :b199, :b200, :b201, :b202, :b203, :b204, :b205, :b206, :b207, :b208, :b209, :b210, :b211, :b212, :b213, :b214, :b215, :b216, :b217, :b218, :b219, :b220, :b221, :b222, :b223, :b224, :b225, :b226, :b227, :b228, :b229, :b230, :b231, :b232, :b233, :b234, :b235, :b236, :b237, :b238, :b239, :b240, :b241, :b242, :b243, :b244, :b245, :b246, :b247, :b248, :b249, :b250, :b251, :b252, :b253, :b254, :b255, :b256, :b257, :b258, :b259, :b260, :b261, :b262, :b263, :b264, :b265, :b266, :b267, :b268, :b269, :b270, :b271, :b272, :b273, :b274, :b275, :b276, :b277, :b278, :b279, :b280, :b281, :b282, :b283, :b284, :b285, :b286, :b287, :b288, :b289, :b290, :b291, :b292, :b293, :b294, :b295, :b296, :b297, :b298, :b299, :b300, :b301, :b302, :b303, :b304, :b305, :b306, :b307, :b308, :b309, :b310, :b311, :b312, :b313, :b314, :b315, :b316, :b317, :b318, :b319, :b320, :b321, :b322, :b323, :b324, :b325, :b326, :b327, :b328, :b329, :b330, :b331, :b332, :b333, :b334, :b335, :b336, :b337, :b338, :b339, :b340, :b341, :b342, :b343, :b344, :b345, :b346, :b347, :b348, :b349, :b350, :b351, :b352, :b353, :b354, :b355, :b356, :b357, :b358, :b359, :b360, :b361, :b362, :b363, :b364, :b365, :b366, :b367, :b368, :b369, :b370, :b371, :b372, :b373, :b374, :b375, :b376, :b377, :b378, :b379, :b380, :b381, :b382, :b383, :b384, :b385, :b386, :b387, :b388, :b389, :b390, :b391, :b392, :b393, :b394, :b395, :b396, :b397, :b398, :b399, :b400, :b401, :b402, :b403, :b404, :b405, :b406, :b407, :b408, :b409, :b410, :b411, :b412, :b413, :b414, :b415, :b416, :b417, :b418, :b419, :b420, :b421, :b422, :b423, :b424, :b425, :b426, :b427, :b428, :b429, :b430, :b431, :b432, :b433, :b434, :b435, :b436, :b437, :b438, :b439, :b440, :b441, :b442, :b443, :b444, :b445, :b446, :b447, :b448, :b449, :b450, :b451, :b452, :b453, :b454, :b455, :b456, :b457, :b458, :b459, :b460, :b461, :b462, :b463, :b464, :b465, :b466, :b467, :b468, :b469, :b470, :b471, :b472, :b473, :b474, :b475, :b476, :b477, :b478, :b479, :b480, :b481, :b482, :b483, :b484, :b485, :b486, :b487, :b488, :b489, :b490, :b491, :b492, :b493, :b494, :b495, :b496, :b497, :b498, :b499, :b500, :b501, :b502, :b503, :b504, :b505, :b506, :b507, :b508, :b509, :b510, :b511, :b512, :b513, :b514, :b515, :b516, :b517, :b518, :b519, :b520, :b521, :b522, :b523, :b524, :b525, :b526, :b527, :b528, :b529, :b530, :b531, :b532, :b533, :b534, :b535, :b536, :b537, :b538, :b539, :b540, :b541, :b542, :b543, :b544, :b545, :b546, :b547, :b548, :b549, :b550, :b551, :b552, :b553, :b554, :b555, :b556, :b557, :b558, :b559, :b560, :b561, :b562, :b563, :b564, :b565, :b566, :b567, :b568, :b569, :b570, :b571, :b572, :b573, :b574, :b575, :b576, :b577, :b578, :b579, :b580, :b581, :b582, :b583, :b584, :b585, :b586, :b587, :b588, :b589, :b590, :b591, :b592, :b593, :b594, :b595, :b596, :b597, :b598, :b599, :b600, :b601, :b602, :b603, :b604, :b605, :b606, :b607, :b608, :b609, :b610, :b611, :b612, :b613, :b614, :b615, :b616, :b617, :b618, :b619, :b620, :b621, :b622, :b623, :b624, :b625, :b626, :b627, :b628, :b629, :b630, :b631, :b632, :b633, :b634, :b635, :b636, :b637, :b638, :b639, :b640, :b641, :b642, :b643, :b644, :b645, :b646, :b647, :b648, :b649, :b650, :b651, :b652, :b653, :b654, :b655, :b656, :b657, :b658, :b659, :b660, :b661, :b662, :b663, :b664, :b665, :b666, :b667, :b668, :b669, :b670, :b671, :b672, :b673, :b674, :b675, :b676, :b677, :b678, :b679, :b680, :b681, :b682, :b683, :b684, :b685, :b686, :b687, :b688, :b689, :b690, :b691, :b692, :b693, :b694, :b695, :b696, :b697, :b698, :b699, :b700, :b701, :b702, :b703, :b704, :b705, :b706, :b707, :b708, :b709, :b710, :b711, :b712, :b713, :b714, :b715, :b716, :b717, :b718, :b719, :b720, :b721, :b722, :b723, :b724, :b725, :b726, :b727, :b728, :b729, :b730, :b731, :b732, :b733, :b734, :b735, :b736, :b737, :b738, :b739, :b740, :b741, :b742, :b743, :b744, :b745, :b746, :b747, :b748, :b749, :b750, :b751, :b752, :b753, :b754, :b755, :b756, :b757, :b758, :b759, :b760, :b761, :b762, :b763, :b764, :b765, :b766, :b767, :b768, :b769, :b770, :b771, :b772, :b773, :b774, :b775, :b776, :b777, :b778, :b779, :b780, :b781, :b782, :b783, :b784, :b785, :b786, :b787, :b788, :b789, :b790, :b791, :b792, :b793, :b794, :b795, :b796, :b797, :b798, :b799, :b800, :b801, :b802, :b803, :b804, :b805, :b806, :b807, :b808, :b809, :b810, :b811, :b812, :b813, :b814, :b815, :b816, :b817, :b818, :b819, :b820, :b821, :b822, :b823, :b824, :b825, :b826, :b827, :b828, :b829, :b830, :b831, :b832, :b833, :b834, :b835, :b836, :b837, :b838, :b839, :b840, :b841, :b842, :b843, :b844, :b845, :b846, :b847, :b848, :b849, :b850, :b851, :b852, :b853, :b854, :b855, :b856, :b857, :b858, :b859, :b860, :b861, :b862, :b863, :b864, :b865, :b866, :b867, :b868, :b869, :b870, :b871, :b872, :b873, :b874, :b875, :b876, :b877, :b878, :b879, :b880, :b881, :b882, :b883, :b884, :b885, :b886, :b887, :b888, :b889, :b890, :b891, :b892, :b893, :b894, :b895, :b896, :b897, :b898, :b899, :b900, :b901, :b902, :b903, :b904, :b905, :b906, :b907, :b908, :b909, :b910, :b911, :b912, :b913, :b914, :b915, :b916, :b917, :b918, :b919, :b920, :b921, :b922, :b923, :b924, :b925, :b926, :b927, :b928, :b929, :b930, :b931, :b932, :b933, :b934, :b935, :b936, :b937, :b938, :b939, :b940, :b941, :b942, :b943, :b944, :b945, :b946, :b947, :b948, :b949, :b950, :b951, :b952, :b953, :b954, :b955, :b956, :b957, :b958, :b959, :b960, :b961, :b962, :b963, :b964, :b965, :b966, :b967, :b968, :b969, :b970, :b971, :b972, :b973, :b974, :b975, :b976, :b977, :b978, :b979, :b980, :b981, :b982, :b983, :b984, :b985, :b986, :b987, :b988, :b989, :b990, :b991, :b992, :b993, :b994, :b995, :b996, :b997, :b998, :b999, :b1000, :b1001, :b1002, :b1003, :b1004) OR session_id IN (:b1005, :b1006, :b1007, :b1008, :b1009, :b1010, :b1011, :b1012, :b1013, :b1014, :b1015, :b1016, :b1017, :b1018, :b1019, :b1020, :b1021, :b1022, :b1023, :b1024, :b1025, :b1026, :b1027, :b1028, :b1029, :b1030, :b1031, :b1032, :b1033, :b1034, :b1035, :b1036, :b1037, :b1038, :b1039, :b1040, :b1041, :b1042, :b1043, :b1044, :b1045, :b1046, :b1047, :b1048, :b1049, :b1050, :b1051, :b1052, :b1053, :b1054, :b1055, :b1056, :b1057, :b1058, :b1059, :b1060, :b1061, :b1062, :b1063, :b1064, :b1065, :b1066, :b1067, :b1068, :b1069, :b1070, :b1071, :b1072, :b1073, :b1074, :b1075, :b1076, :b1077, :b1078, :b1079, :b1080, :b1081, :b1082, :b1083, :b1084, :b1085, :b1086, :b1087, :b1088, :b1089, :b1090, :b1091, :b1092, :b1093, :b1094, :b1095, :b1096, :b1097, :b1098, :b1099, :b1100, :b1101, :b1102, :b1103, :b1104, :b1105, :b1106, :b1107, :b1108, :b1109, :b1110, :b1111, :b1112, :b1113, :b1114, :b1115, :b1116, :b1117, :b1118, :b1119, :b1120, :b1121, :b1122, :b1123, :b1124, :b1125, :b1126, :b1127, :b1128, :b1129, :b1130, :b1131, :b1132, :b1133, :b1134, :b1135, :b1136, :b1137, :b1138, :b1139, :b1140, :b1141, :b1142, :b1143, :b1144, :b1145, :b1146, :b1147, :b1148, :b1149, :b1150, :b1151, :b1152, :b1153, :b1154, :b1155, :b1156, :b1157, :b1158, :b1159, :b1160, :b1161, :b1162, :b1163, :b1164, :b1165, :b1166, :b1167, :b1168, :b1169, :b1170, :b1171, :b1172, :b1173, :b1174, :b1175, :b1176, :b1177, :b1178, :b1179, :b1180, :b1181, :b1182, :b1183, :b1184, :b1185, :b1186, :b1187, :b1188, :b1189, :b1190, :b1191, :b1192, :b1193, :b1194, :b1195, :b1196, :b1197, :b1198, :b1199, :b1200, :b1201, :b1202, :b1203, :b1204, :b1205, :b1206, :b1207, :b1208, :b1209, :b1210, :b1211, :b1212, :b1213, :b1214, :b1215, :b1216, :b1217, :b1218, :b1219, :b1220, :b1221, :b1222, :b1223, :b1224, :b1225, :b1226, :b1227, :b1228, :b1229, :b1230, :b1231, :b1232, :b1233, :b1234, :b1235, :b1236, :b1237, :b1238, :b1239, :b1240, :b1241, :b1242, :b1243, :b1244, :b1245, :b1246, :b1247, :b1248, :b1249, :b1250, :b1251, :b1252, :b1253, :b1254, :b1255, :b1256, :b1257, :b1258, :b1259, :b1260, :b1261, :b1262, :b1263, :b1264, :b1265, :b1266, :b1267, :b1268, :b1269, :b1270, :b1271, :b1272, :b1273, :b1274, :b1275, :b1276, :b1277, :b1278, :b1279, :b1280, :b1281, :b1282, :b1283, :b1284, :b1285, :b1286, :b1287, :b1288, :b1289, :b1290, :b1291, :b1292, :b1293, :b1294, :b1295, :b1296, :b1297, :b1298, :b1299, :b1300, :b1301, :b1302, :b1303, :b1304, :b1305, :b1306, :b1307, :b1308, :b1309, :b1310, :b1311, :b1312, :b1313, :b1314, :b1315, :b1316, :b1317, :b1318, :b1319, :b1320, :b1321, :b1322, :b1323, :b1324, :b1325, :b1326, :b1327, :b1328, :b1329, :b1330, :b1331, :b1332, :b1333, :b1334, :b1335, :b1336, :b1337, :b1338, :b1339, :b1340, :b1341, :b1342, :b1343, :b1344, :b1345, :b1346, :b1347, :b1348, :b1349, :b1350, :b1351, :b1352, :b1353, :b1354, :b1355, :b1356, :b1357, :b1358, :b1359, :b1360, :b1361, :b1362, :b1363, :b1364, :b1365, :b1366, :b1367, :b1368, :b1369, :b1370, :b1371, :b1372, :b1373, :b1374, :b1375, :b1376, :b1377, :b1378, :b1379, :b1380, :b1381, :b1382, :b1383, :b1384, :b1385, :b1386, :b1387, :b1388, :b1389, :b1390, :b1391, :b1392, :b1393, :b1394, :b1395, :b1396, :b1397, :b1398, :b1399, :b1400, :b1401, :b1402, :b1403, :b1404, :b1405, :b1406, :b1407, :b1408, :b1409, :b1410, :b1411, :b1412, :b1413, :b1414, :b1415, :b1416, :b1417, :b1418, :b1419, :b1420, :b1421, :b1422, :b1423, :b1424, :b1425, :b1426, :b1427, :b1428, :b1429, :b1430, :b1431, :b1432, :b1433, :b1434, :b1435, :b1436, :b1437, :b1438, :b1439, :b1440, :b1441, :b1442, :b1443, :b1444, :b1445, :b1446, :b1447, :b1448, :b1449, :b1450, :b1451, :b1452, :b1453, :b1454, :b1455, :b1456, :b1457, :b1458, :b1459, :b1460, :b1461, :b1462, :b1463, :b1464, :b1465, :b1466, :b1467, :b1468, :b1469, :b1470, :b1471, :b1472, :b1473, :b1474, :b1475, :b1476, :b1477, :b1478, :b1479, :b1480, :b1481, :b1482, :b1483, :b1484, :b1485, :b1486, :b1487, :b1488, :b1489, :b1490, :b1491, :b1492, :b1493, :b1494, :b1495, :b1496, :b1497, :b1498, :b1499, :b1500, :b1501, :b1502, :b1503, :b1504)) THEN 1 ELSE 0 END = 1))) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 7
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits, c0, c1, c2, c3, c4, c5 FROM (SELECT event_timestamp, person, CASE WHEN (((CASE WHEN (event_type IN (:b1, :b2)) THEN 1 ELSE 0 END = 1))) THEN 1 ELSE 0 END + CASE WHEN (((CASE WHEN (event_type IN (:b3)) THEN 1 ELSE 0 END = 1))) THEN 2 ELSE 0 END AS bits, event_id AS c0, event_value AS c1, (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS c2, CASE WHEN 1 = 1 THEN CASE JSON_VALUE(properties, '$."plan".type()') WHEN 'string' THEN TO_CLOB('s') || JSON_VALUE(properties, '$."plan"' RETURNING CLOB NULL ON ERROR) WHEN 'number' THEN TO_CLOB('n') || JSON_VALUE(properties, '$."plan"' RETURNING CLOB NULL ON ERROR) WHEN 'boolean' THEN TO_CLOB('b') || JSON_VALUE(properties, '$."plan"' RETURNING CLOB NULL ON ERROR) END END AS c3, CASE WHEN JSON_VALUE(properties, '$."deep".type()') = 'object' AND 1 = 1 THEN CASE JSON_VALUE(properties, '$."deep"."plan".type()') WHEN 'string' THEN TO_CLOB('s') || JSON_VALUE(properties, '$."deep"."plan"' RETURNING CLOB NULL ON ERROR) WHEN 'number' THEN TO_CLOB('n') || JSON_VALUE(properties, '$."deep"."plan"' RETURNING CLOB NULL ON ERROR) WHEN 'boolean' THEN TO_CLOB('b') || JSON_VALUE(properties, '$."deep"."plan"' RETURNING CLOB NULL ON ERROR) END END AS c4, NULL AS c5 FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b4, 'YYYY-MM-DD') AND TO_DATE(:b5, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b6, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b7, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 7
SELECT (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS ms, person, bits, c0, c1, c2, c3, c4, c5 FROM (SELECT event_timestamp, person, CASE WHEN (((CASE WHEN (event_type IN (:b1, :b2)) THEN 1 ELSE 0 END = 1))) THEN 1 ELSE 0 END + CASE WHEN (((CASE WHEN (event_type IN (:b3)) THEN 1 ELSE 0 END = 1))) THEN 2 ELSE 0 END AS bits, event_id AS c0, event_value AS c1, (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) AS c2, CASE WHEN 1 = 1 THEN CASE JSON_VALUE(properties, '$."plan".type()') WHEN 'string' THEN TO_CLOB('s') || JSON_VALUE(properties, '$."plan"' RETURNING CLOB NULL ON ERROR) WHEN 'number' THEN TO_CLOB('n') || JSON_VALUE(properties, '$."plan"' RETURNING CLOB NULL ON ERROR) WHEN 'boolean' THEN TO_CLOB('b') || JSON_VALUE(properties, '$."plan"' RETURNING CLOB NULL ON ERROR) END END AS c3, CASE WHEN JSON_VALUE(properties, '$."deep".type()') = 'object' AND 1 = 1 THEN CASE JSON_VALUE(properties, '$."deep"."plan".type()') WHEN 'string' THEN TO_CLOB('s') || JSON_VALUE(properties, '$."deep"."plan"' RETURNING CLOB NULL ON ERROR) WHEN 'number' THEN TO_CLOB('n') || JSON_VALUE(properties, '$."deep"."plan"' RETURNING CLOB NULL ON ERROR) WHEN 'boolean' THEN TO_CLOB('b') || JSON_VALUE(properties, '$."deep"."plan"' RETURNING CLOB NULL ON ERROR) END END AS c4, NULL AS c5 FROM (SELECT event_id, event_type, event_category, event_action, event_label, event_value, user_id, anonymous_id, session_id, page_url, referrer_url, user_agent, ip_address, device_type, browser, os, country, properties, schema_version, event_timestamp, received_timestamp, processing_timestamp, event_day, person FROM pf_user_events UNION ALL SELECT event_id, event_type, event_category, event_action, event_label, event_value, user_id, anonymous_id, session_id, page_url, referrer_url, user_agent, ip_address, device_type, browser, os, country, properties, schema_version, event_timestamp, received_timestamp, processing_timestamp, event_day, person FROM pf_sealed_20260115_0123456789) stored WHERE event_day BETWEEN TO_DATE(:b4, 'YYYY-MM-DD') AND TO_DATE(:b5, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b6, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b7, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')) found WHERE bits <> 0 ORDER BY event_timestamp, person
/

-- binds: DB_TYPE_VARCHAR × 4
SELECT event_id, event_type, event_category, event_action, event_label, event_value, user_id, anonymous_id, session_id, page_url, referrer_url, user_agent, ip_address, device_type, browser, os, country, properties, schema_version, (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), (EXTRACT(DAY FROM (received_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (received_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (received_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (received_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), (EXTRACT(DAY FROM (processing_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (processing_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (processing_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (processing_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM (SELECT event_id, event_type, event_category, event_action, event_label, event_value, user_id, anonymous_id, session_id, page_url, referrer_url, user_agent, ip_address, device_type, browser, os, country, properties, schema_version, event_timestamp, received_timestamp, processing_timestamp, event_day, person FROM pf_user_events UNION ALL SELECT event_id, event_type, event_category, event_action, event_label, event_value, user_id, anonymous_id, session_id, page_url, referrer_url, user_agent, ip_address, device_type, browser, os, country, properties, schema_version, event_timestamp, received_timestamp, processing_timestamp, event_day, person FROM pf_sealed_20260115_0123456789) stored WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') ORDER BY event_timestamp ASC, NLSSORT(event_id, 'NLS_SORT=BINARY') ASC
/

-- binds: DB_TYPE_VARCHAR × 7
SELECT event_id, event_type, event_category, event_action, event_label, event_value, user_id, anonymous_id, session_id, page_url, referrer_url, user_agent, ip_address, device_type, browser, os, country, properties, schema_version, (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), (EXTRACT(DAY FROM (received_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (received_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (received_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (received_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), (EXTRACT(DAY FROM (processing_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (processing_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (processing_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (processing_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') AND event_timestamp >= TO_TIMESTAMP(:b3, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_timestamp < TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (event_timestamp < TO_TIMESTAMP(:b5, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') OR (event_timestamp = TO_TIMESTAMP(:b6, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND event_id < :b7)) ORDER BY event_timestamp DESC, NLSSORT(event_id, 'NLS_SORT=BINARY') DESC FETCH FIRST 10 ROWS ONLY
/

-- binds: DB_TYPE_VARCHAR × 2
SELECT TO_CHAR(event_day, 'YYYY-MM-DD'), COUNT(*) FROM pf_user_events WHERE event_day BETWEEN TO_DATE(:b1, 'YYYY-MM-DD') AND TO_DATE(:b2, 'YYYY-MM-DD') GROUP BY event_day
/

-- binds: DB_TYPE_VARCHAR
SELECT owner.user_id FROM pf_analytics_identities visitor JOIN pf_analytics_identities owner ON owner.person = visitor.linked_person WHERE visitor.anonymous_id = :b1
/

-- binds: DB_TYPE_VARCHAR
SELECT visitor.anonymous_id FROM pf_analytics_identities visitor JOIN pf_analytics_identities owner ON owner.person = visitor.linked_person WHERE owner.user_id = :b1 ORDER BY visitor.linked_at, visitor.person
/

-- binds: DB_TYPE_NUMBER × 2
SELECT person, user_id, anonymous_id FROM pf_analytics_identities WHERE (person IN (:b1, :b2))
/

-- binds: DB_TYPE_NUMBER × 2
SELECT linked_person, anonymous_id FROM pf_analytics_identities WHERE (linked_person IN (:b1, :b2)) ORDER BY linked_at, person
/

SELECT COALESCE(MAX(person) + 1, 0) FROM pf_analytics_identities
/

-- binds: DB_TYPE_NUMBER
SELECT person, linked_person, linked_at FROM pf_analytics_identities WHERE linked_at >= :b1
/

-- binds: DB_TYPE_VARCHAR
SELECT record_key, version, body FROM pf_analytics_meta WHERE record_key = :b1
/

-- binds: DB_TYPE_VARCHAR × 2
SELECT record_key, version, body FROM pf_analytics_storage_tiers WHERE 1 = 1 AND SUBSTR(record_key, 1, 4) = :b1 AND record_key > :b2 ORDER BY NLSSORT(record_key, 'NLS_SORT=BINARY') FETCH FIRST 5 ROWS ONLY
/

SELECT mark_id, (EXTRACT(DAY FROM (hour - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (hour - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (hour - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (hour - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), person FROM pf_analytics_rollup_marks ORDER BY NLSSORT(mark_id, 'NLS_SORT=BINARY') FETCH FIRST 10 ROWS ONLY
/

-- binds: DB_TYPE_VARCHAR × 2
SELECT (EXTRACT(DAY FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM (SELECT DISTINCT metric_hour FROM pf_user_metrics_hourly WHERE 1 = 1 AND metric_hour >= TO_TIMESTAMP(:b1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND metric_hour < TO_TIMESTAMP(:b2, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')) found ORDER BY metric_hour
/

-- binds: DB_TYPE_VARCHAR
SELECT (EXTRACT(DAY FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, (EXTRACT(DAY FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_user_metrics_hourly WHERE metric_hour = TO_TIMESTAMP(:b1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') ORDER BY person
/

-- binds: DB_TYPE_VARCHAR × 2, DB_TYPE_NUMBER × 2
SELECT (EXTRACT(DAY FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM (SELECT DISTINCT metric_hour FROM pf_user_metrics_hourly WHERE 1 = 1 AND metric_hour >= TO_TIMESTAMP(:b1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND metric_hour < TO_TIMESTAMP(:b2, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (person IN (:b3, :b4))) found ORDER BY metric_hour
/

-- binds: DB_TYPE_VARCHAR, DB_TYPE_NUMBER × 2
SELECT (EXTRACT(DAY FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, (EXTRACT(DAY FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_user_metrics_hourly WHERE metric_hour = TO_TIMESTAMP(:b1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (person IN (:b2, :b3)) ORDER BY person
/

-- binds: DB_TYPE_VARCHAR × 2
SELECT TO_CHAR(metric_date, 'YYYY-MM-DD') FROM (SELECT DISTINCT metric_date FROM pf_user_metrics_daily WHERE 1 = 1 AND metric_date > TO_DATE(:b1, 'YYYY-MM-DD') AND metric_date <= TO_DATE(:b2, 'YYYY-MM-DD')) found ORDER BY metric_date
/

-- binds: DB_TYPE_VARCHAR
SELECT TO_CHAR(metric_date, 'YYYY-MM-DD'), person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, (EXTRACT(DAY FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_user_metrics_daily WHERE metric_date = TO_DATE(:b1, 'YYYY-MM-DD') ORDER BY person
/

-- binds: DB_TYPE_VARCHAR × 2, DB_TYPE_NUMBER × 2
SELECT TO_CHAR(metric_date, 'YYYY-MM-DD') FROM (SELECT DISTINCT metric_date FROM pf_user_metrics_daily WHERE 1 = 1 AND metric_date > TO_DATE(:b1, 'YYYY-MM-DD') AND metric_date <= TO_DATE(:b2, 'YYYY-MM-DD') AND (person IN (:b3, :b4))) found ORDER BY metric_date
/

-- binds: DB_TYPE_VARCHAR, DB_TYPE_NUMBER × 2
SELECT TO_CHAR(metric_date, 'YYYY-MM-DD'), person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, (EXTRACT(DAY FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_user_metrics_daily WHERE metric_date = TO_DATE(:b1, 'YYYY-MM-DD') AND (person IN (:b2, :b3)) ORDER BY person
/

-- binds: DB_TYPE_VARCHAR × 2
SELECT TO_CHAR(metric_week, 'YYYY-MM-DD') FROM (SELECT DISTINCT metric_week FROM pf_user_metrics_weekly WHERE 1 = 1 AND metric_week > TO_DATE(:b1, 'YYYY-MM-DD') AND metric_week <= TO_DATE(:b2, 'YYYY-MM-DD')) found ORDER BY metric_week
/

-- binds: DB_TYPE_VARCHAR
SELECT TO_CHAR(metric_week, 'YYYY-MM-DD'), person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, (EXTRACT(DAY FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_user_metrics_weekly WHERE metric_week = TO_DATE(:b1, 'YYYY-MM-DD') ORDER BY person
/

-- binds: DB_TYPE_VARCHAR × 2, DB_TYPE_NUMBER × 2
SELECT TO_CHAR(metric_week, 'YYYY-MM-DD') FROM (SELECT DISTINCT metric_week FROM pf_user_metrics_weekly WHERE 1 = 1 AND metric_week > TO_DATE(:b1, 'YYYY-MM-DD') AND metric_week <= TO_DATE(:b2, 'YYYY-MM-DD') AND (person IN (:b3, :b4))) found ORDER BY metric_week
/

-- binds: DB_TYPE_VARCHAR, DB_TYPE_NUMBER × 2
SELECT TO_CHAR(metric_week, 'YYYY-MM-DD'), person, user_id, anonymous_id, total_events, total_sessions, total_duration_seconds, page_views, unique_pages, actions_performed, features_used, avg_page_load_time, error_count, (EXTRACT(DAY FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_user_metrics_weekly WHERE metric_week = TO_DATE(:b1, 'YYYY-MM-DD') AND (person IN (:b2, :b3)) ORDER BY person
/

-- binds: DB_TYPE_NUMBER
SELECT (EXTRACT(DAY FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (metric_hour - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM (SELECT DISTINCT metric_hour FROM pf_user_metrics_hourly WHERE 1 = 1 AND (person IN (:b1))) found ORDER BY metric_hour
/

-- binds: DB_TYPE_NUMBER
SELECT TO_CHAR(metric_date, 'YYYY-MM-DD') FROM (SELECT DISTINCT metric_date FROM pf_user_metrics_daily WHERE 1 = 1 AND (person IN (:b1))) found ORDER BY metric_date
/

-- binds: DB_TYPE_NUMBER
SELECT TO_CHAR(metric_week, 'YYYY-MM-DD') FROM (SELECT DISTINCT metric_week FROM pf_user_metrics_weekly WHERE 1 = 1 AND (person IN (:b1))) found ORDER BY metric_week
/

SELECT person, (EXTRACT(DAY FROM (MIN(first_at) - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (MIN(first_at) - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (MIN(first_at) - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (MIN(first_at) - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_analytics_first_seen GROUP BY person
/

-- binds: DB_TYPE_VARCHAR × 2
SELECT person, (EXTRACT(DAY FROM (MIN(first_at) - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (MIN(first_at) - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (MIN(first_at) - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (MIN(first_at) - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_analytics_first_seen WHERE (event_type IN (:b1, :b2)) GROUP BY person
/

-- binds: DB_TYPE_VARCHAR × 2, DB_TYPE_NUMBER
SELECT session_id, person, user_id, anonymous_id, (EXTRACT(DAY FROM (session_start - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (session_start - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (session_start - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (session_start - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), (EXTRACT(DAY FROM (session_end - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (session_end - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (session_end - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (session_end - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), duration_seconds, page_count, event_count, entry_page, (EXTRACT(DAY FROM (entry_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (entry_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (entry_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (entry_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), exit_page, (EXTRACT(DAY FROM (exit_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (exit_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (exit_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (exit_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), device_info, geo_location, conversion_events, session_value, (EXTRACT(DAY FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_user_sessions_analytics WHERE session_start >= TO_TIMESTAMP(:b1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND session_start < TO_TIMESTAMP(:b2, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (person IN (:b3)) ORDER BY session_start, NLSSORT(session_id, 'NLS_SORT=BINARY'), person FETCH FIRST 2000 ROWS ONLY
/

-- binds: DB_TYPE_VARCHAR × 2, DB_TYPE_NUMBER, DB_TYPE_VARCHAR × 3, DB_TYPE_NUMBER
SELECT session_id, person, user_id, anonymous_id, (EXTRACT(DAY FROM (session_start - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (session_start - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (session_start - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (session_start - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), (EXTRACT(DAY FROM (session_end - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (session_end - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (session_end - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (session_end - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), duration_seconds, page_count, event_count, entry_page, (EXTRACT(DAY FROM (entry_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (entry_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (entry_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (entry_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), exit_page, (EXTRACT(DAY FROM (exit_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (exit_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (exit_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (exit_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), device_info, geo_location, conversion_events, session_value, (EXTRACT(DAY FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (created_at - TIMESTAMP '1970-01-01 00:00:00')) * 1000)) FROM pf_user_sessions_analytics WHERE session_start >= TO_TIMESTAMP(:b1, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND session_start < TO_TIMESTAMP(:b2, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') AND (person IN (:b3)) AND (session_start > TO_TIMESTAMP(:b4, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"') OR session_id > :b5 OR (session_id = :b6 AND person > :b7)) ORDER BY session_start, NLSSORT(session_id, 'NLS_SORT=BINARY'), person FETCH FIRST 2000 ROWS ONLY
/

CREATE TABLE pf_sealed_20260115_0123456789 FOR EXCHANGE WITH TABLE pf_user_events
/

ALTER TABLE pf_sealed_20260115_0123456789 ADD CONSTRAINT pf_sealed_20260115_0123456789_pk PRIMARY KEY (event_day, event_id)
/

ALTER TABLE pf_sealed_20260115_0123456789 ADD CONSTRAINT pf_sealed_20260115_0123456789_properties_js CHECK (properties IS JSON)
/

CREATE INDEX pf_sealed_20260115_0123456789_ix1 ON pf_sealed_20260115_0123456789 (user_id, event_timestamp)
/

CREATE INDEX pf_sealed_20260115_0123456789_ix2 ON pf_sealed_20260115_0123456789 (anonymous_id)
/

CREATE INDEX pf_sealed_20260115_0123456789_ix3 ON pf_sealed_20260115_0123456789 (session_id)
/

CREATE INDEX pf_sealed_20260115_0123456789_ix4 ON pf_sealed_20260115_0123456789 (event_type, event_timestamp)
/

-- binds: DB_TYPE_VARCHAR
DELETE FROM pf_analytics_meta WHERE record_key = :b1
/

SELECT event_id, event_type, event_category, event_action, event_label, event_value, user_id, anonymous_id, session_id, page_url, referrer_url, user_agent, ip_address, device_type, browser, os, country, properties, schema_version, (EXTRACT(DAY FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (event_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), (EXTRACT(DAY FROM (received_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (received_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (received_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (received_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), (EXTRACT(DAY FROM (processing_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 86400000 + EXTRACT(HOUR FROM (processing_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 3600000 + EXTRACT(MINUTE FROM (processing_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 60000 + ROUND(EXTRACT(SECOND FROM (processing_timestamp - TIMESTAMP '1970-01-01 00:00:00')) * 1000)), person FROM pf_sealed_20260115_0123456789
/

DROP TABLE pf_sealed_20260115_0123456789 PURGE
/

ALTER TABLE pf_user_events MODIFY PARTITION FOR (TO_DATE('2026-01-15', 'YYYY-MM-DD')) READ ONLY
/

-- binds: DB_TYPE_VARCHAR
SELECT COUNT(*) FROM pf_user_events WHERE event_day = TO_DATE(:b1, 'YYYY-MM-DD')
/

ALTER TABLE pf_user_events DROP PARTITION FOR (TO_DATE('2026-01-15', 'YYYY-MM-DD'))
/

ALTER TABLE pf_user_events MODIFY PARTITION FOR (TO_DATE('2026-01-15', 'YYYY-MM-DD')) READ WRITE
/

-- binds: DB_TYPE_VARCHAR(4000), DB_TYPE_NUMBER, DB_TYPE_VARCHAR(4000) × 3, DB_TYPE_VARCHAR(32)
INSERT INTO pf_analytics_audit (record_key, version, body, action, target, created_at) VALUES (:1, :2, :3, :4, :5, TO_TIMESTAMP(:6, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'))
/
