import { type OracleVersion, oracleStore } from '@analytics/node/oracle'
import { type StoreContext, storeContract } from '@analytics/node/testing'
import { afterAll, beforeAll, describe } from 'vitest'
import { runContract } from '../support/contract.js'
import { skipsStandIn, standInTemplate } from '../support/oracle/database.js'
import { standInPool } from '../support/oracle/pool.js'
import { startPostgres, type TestPostgres } from '../support/postgres.js'

describe.skipIf(skipsStandIn())('oracleStore on a stand-in', () => {
  let postgres: TestPostgres
  let template: string

  beforeAll(async () => {
    postgres = await startPostgres()
    template = await standInTemplate(postgres)
  })
  afterAll(() => postgres.stop())

  const open = async (version: OracleVersion, sessionZone: string) => {
    const database = await postgres.createDatabase({ template })
    const connect = () => standInPool({ database, version, sessionZone, poolMax: 8 })
    let pool = await connect()
    const openStore = async () => {
      const store = oracleStore({ pool, version })
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
      await pool.close(0)
      await database.drop()
    }
    return { context, close }
  }

  for (const [version, zone] of [
    ['19c', 'America/New_York'],
    ['23ai', 'Asia/Kolkata'],
  ] as const) {
    runContract<StoreContext>(`oracleStore, ${version}, sessions in ${zone}`, storeContract, {
      capabilities: { durable: true, shared: true },
      open: () => open(version, zone),
    })
  }
})
