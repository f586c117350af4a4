import { type OracleVersion, oracleStore } from '@analytics/node/oracle'
import { type StoreContext, storeContract } from '@analytics/node/testing'
import oracledb from 'oracledb'
import { describe } from 'vitest'
import { runContract } from '../support/contract.js'

/** `user/password@connect-string` of a database where the user may make tables and sequences. */
const url = process.env.ORACLE_TEST_URL
if (!url) console.warn('ORACLE_TEST_URL is not set: the tests on a real Oracle server are skipped.')

/** Credentials, taken apart: the driver wants them so. */
function settings(text: string) {
  const [, user = '', password = '', connectString = ''] = /^([^/]+)\/(.+)@([^@]+)$/.exec(text) ?? []
  return { user, password, connectString }
}

let stores = 0

/** A store whose tables have a prefix of their own; dropped at its end. */
async function open() {
  const prefix = `t${process.pid}_${stores++}_`
  const connect = () => oracledb.createPool({ ...settings(url!), poolMax: 8 })
  let pool = await connect()
  const version = await serverVersion(pool)
  const openStore = async () => {
    const store = oracleStore({ pool, version, prefix })
    await store.setup('auto')
    return store
  }
  const store = await openStore()
  const context: StoreContext = {
    store,
    another: openStore,
    async reopen() {
      await pool.close(0)
      pool = await connect()
      return openStore()
    },
  }
  const close = async () => {
    await dropTables(pool, prefix)
    await pool.close(0)
  }
  return { context, close }
}

async function serverVersion(pool: oracledb.Pool): Promise<OracleVersion> {
  const connection = await pool.getConnection()
  const { oracleServerVersion } = connection
  await connection.close()
  return oracleServerVersion >= 2_300_000_000 ? '23ai' : '19c'
}

async function dropTables(pool: oracledb.Pool, prefix: string): Promise<void> {
  const connection = await pool.getConnection()
  const like = `${prefix.toUpperCase().replaceAll('_', '\\_')}%`
  const found = await connection.execute<[string]>(
    "SELECT table_name FROM user_tables WHERE table_name LIKE :name ESCAPE '\\'",
    { name: like },
    { outFormat: oracledb.OUT_FORMAT_ARRAY },
  )
  for (const [table] of found.rows ?? []) await connection.execute(`DROP TABLE ${table} PURGE`)
  await connection.execute(`DROP SEQUENCE ${prefix}analytics_person_seq`)
  await connection.close()
}

describe.skipIf(!url)('oracleStore on a server', () => {
  runContract<StoreContext>('oracleStore', storeContract, { capabilities: { durable: true, shared: true }, open })
})
