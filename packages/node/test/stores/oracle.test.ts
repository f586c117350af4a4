import { runOracleContract } from '../support/oracle/contract.js'

runOracleContract('19c', 'America/New_York')
