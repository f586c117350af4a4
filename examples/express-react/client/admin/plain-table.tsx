import type { ReactNode } from 'react'
import type { AnswerTable, Cell, CountedPeople } from './answer.js'

/** Props of {@link PlainTable}. */
export interface PlainTableProps {
  caption: string
  table: AnswerTable
  /** Somebody wants to know who is behind a number. */
  onPeople?: (people: CountedPeople) => void
}

/** Cells as text; what is too long scrolls. */
export function PlainTable({ caption, table, onPeople }: PlainTableProps): ReactNode {
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
          {table.rows.map(([heading, ...cells], place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name of their own
            <tr key={place}>
              <th scope="row">{heading}</th>
              {cells.map((cell, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column
                <td key={i}>
                  <CellText cell={cell} onPeople={onPeople} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function CellText({ cell, onPeople }: { cell: Cell; onPeople: PlainTableProps['onPeople'] }): ReactNode {
  if (typeof cell === 'string') return cell
  return <PeopleButton text={cell.text} onClick={() => onPeople?.(cell.people)} />
}

/** A number that says who is behind it. */
export function PeopleButton({ text, onClick }: { text: string; onClick: () => void }): ReactNode {
  return (
    <button
      type="button"
      className="people-button"
      aria-haspopup="dialog"
      aria-label={`${text}: who they are`}
      onClick={onClick}
    >
      {text}
    </button>
  )
}
