import type { Range } from '@analytics/protocol'
import type { ReactNode } from 'react'
import type { Answer, AnswerTable } from './answers.js'
import type { Api } from './api.js'
import { useQuery } from './hooks.js'
import { Panel, ReadFrom } from './panel.js'

/** A question and its answer, as a table. */
export function AnswerPanel({ answer, api, range }: { answer: Answer; api: Api; range: Range }): ReactNode {
  const loaded = useQuery(api, answer.ask(range), 0)
  return (
    <Panel title={answer.title} className="answer" loaded={loaded} footer={<ReadFrom meta={loaded.value?.meta} />}>
      {loaded.value && <PlainTable caption={answer.title} table={answer.table(loaded.value.result)} />}
    </Panel>
  )
}

/** Cells as text; what is too long scrolls. */
export function PlainTable({ caption, table }: { caption: string; table: AnswerTable }): ReactNode {
  if (table.rows.length === 0) return <p className="muted">Nothing in these days.</p>
  return (
    <div className="table-scroll">
      <table>
        <caption className="hidden">{caption}</caption>
        <thead>
          <tr>
            {table.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name of their own
            <tr key={place}>
              <th scope="row">{row[0]}</th>
              {row.slice(1).map((cell, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column
                <td key={i}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
