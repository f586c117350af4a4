import { ERROR_CODES } from '../packages/protocol/src/errors.js'

/** `docs/errors.md`, made of the table of error codes. */
export function errorDocs(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { httpStatus, retryable, advice }]) =>
      `| <a id="${code}"></a>\`${code}\` | ${httpStatus} | ${retryable ? 'yes' : 'no'} | ${advice.replaceAll('|', '\\|')} |`,
  )
  return `# Error codes

Every error has a \`code\`; tell errors apart by it, not by class or message. Over HTTP the body is
\`{ error: { code, message, requestId, field?, details? } }\`; of a single event in a batch it is in that event's result.
\`AnalyticsError\` carries the same code in the process.

| code | HTTP status | may a retry help | what to do |
|---|---|---|---|
${rows.join('\n')}
`
}
