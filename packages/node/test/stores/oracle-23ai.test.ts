import { runOracleContract } from '../support/oracle/contract.js'

runOracleContract('23ai', 'Asia/Kolkata')
