import { type OracleVersion, oracleStore } from '@analytics/node/oracle'
import { type StoreContext, storeContract } from '@analytics/node/testing'
import { afterAll, beforeAll, describe } from 'vitest'
import { runContract } from '../contract.js'
import { startPostgres, type TestPostgres } from '../postgres.js'
import { skipsStandIn, standInTemplate } from './database.js'
import { standInPool } from './pool.js'

/** What takes long, and is the same code for either version. */
const LONG = { 'takes 100,000 events in one call and reads them back in bounded memory': '19c shows it' }

/** Runs the contract of stores through the Oracle store and the driver onto the stand-in. */
export function runOracleContract(version: OracleVersion, sessionZone: string): void {
  describe.skipIf(skipsStandIn())('oracleStore on a stand-in', () => {
    let postgres: TestPostgres
    let template: string

    const connect = (database: { url: string }) => standInPool({ database, version, sessionZone, poolMax: 8 })

    beforeAll(async () => {
      postgres = await startPostgres()
      // The tables are made once; each case gets a copy of them.
      const made = await postgres.createDatabase({ template: await standInTemplate(postgres) })
      const pool = await connect(made)
      await oracleStore({ pool, version }).setup('auto')
      await pool.close(0)
      await made.pool.end()
      template = made.name
    })
    afterAll(() => postgres.stop())

    const open = async () => {
      const database = await postgres.createDatabase({ template })
      let pool = await connect(database)
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
          pool = await connect(database)
          return openStore()
        },
      }
      const close = async () => {
        await pool.close(0)
        await database.drop()
      }
      return { context, close }
    }

    runContract<StoreContext>(`oracleStore, ${version}, sessions in ${sessionZone}`, storeContract, {
      capabilities: { durable: true, shared: true },
      ...(version === '23ai' ? { onlyInLongForm: LONG } : {}),
      open,
    })
  })
}
