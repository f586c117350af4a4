// pnpm oracle:statements: every statement that the Oracle store can issue, DDL included, for 19c and 23ai.
import { oracleStatementsText } from '../packages/node/test/oracle/statements.js'

for (const version of ['19c', '23ai'] as const) process.stdout.write(`${await oracleStatementsText(version)}\n`)
