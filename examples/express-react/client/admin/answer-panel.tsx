import type { Range } from '@analytics/protocol'
import type { ReactNode } from 'react'
import type { Answer } from './answer.js'
import type { Api } from './api.js'
import { useQuery } from './hooks.js'
import { Panel, ReadFrom } from './panel.js'
import type { ShowPeople } from './people-dialog.js'
import { PlainTable } from './plain-table.js'

/** Props of {@link AnswerPanel}. */
export interface AnswerPanelProps {
  answer: Answer
  api: Api
  range: Range
  showPeople: ShowPeople
}

/** A question and its answer, as a table. */
export function AnswerPanel({ answer: { title, ask, table }, api, range, showPeople }: AnswerPanelProps): ReactNode {
  const query = ask(range)
  const loaded = useQuery(api, query, 0)
  return (
    <Panel title={title} className="answer" loaded={loaded} footer={<ReadFrom meta={loaded.value?.meta} />}>
      {loaded.value && (
        <PlainTable
          caption={title}
          table={table(loaded.value.result, query)}
          onPeople={(people) => showPeople({ title, people })}
        />
      )}
    </Panel>
  )
}
