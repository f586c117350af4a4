import type { PeopleQuery } from '@analytics/protocol'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { type CountedPeople, peopleQuery } from './answer.js'
import { createApi } from './api.js'
import { formatNumber } from './format.js'
import { useQuery } from './hooks.js'
import { Panel } from './panel.js'
import { PlainTable } from './plain-table.js'

const PAGE_SIZE = 20

/** A number that somebody wants to know more of. */
export interface ShownPeople {
  /** Of the panel that has the number. */
  title: string
  people: CountedPeople
}

/** Opens the dialog. */
export type ShowPeople = (shown: ShownPeople) => void

/** Props of {@link PeopleDialog}. */
export interface PeopleDialogProps {
  shown: ShownPeople
  /** Empty where nobody typed it in. */
  adminKey: string
  onClose: () => void
}

/** Who is behind a number. It is asked only when somebody wants to know: each look is in the audit log. */
export function PeopleDialog({ shown: { title, people }, adminKey, onClose }: PeopleDialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} className="people" aria-label={`People: ${title}`} onClose={onClose}>
      {adminKey === '' ? (
        <Panel title={`People: ${title}`} className="answer" loaded={{ isLoading: false }} aside={<CloseButton />}>
          <p>Type in the admin key to see who they are.</p>
        </Panel>
      ) : (
        <PeopleList title={title} people={people} adminKey={adminKey} />
      )}
    </dialog>
  )
}

function PeopleList({ title, people, adminKey }: ShownPeople & { adminKey: string }): ReactNode {
  const [cursor, setCursor] = useState<string>()
  const api = useMemo(() => createApi(adminKey), [adminKey])
  const query: PeopleQuery = peopleQuery(people, { limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) })
  const loaded = useQuery(api, query, 0)
  const { users, total, nextCursor } = loaded.value?.result ?? {}
  return (
    <Panel title={`People: ${title}`} className="answer" loaded={loaded} aside={<CloseButton />}>
      {users && <p data-testid="people-total">{formatNumber(total)} people</p>}
      {users && (
        <PlainTable
          caption={`People: ${title}`}
          table={{
            columns: ['User', 'Visitor'],
            rows: users.map(({ userId, anonymousIds = [] }) => [userId ?? '–', anonymousIds.join(', ')]),
          }}
        />
      )}
      {nextCursor && (
        <button type="button" className="quiet" disabled={loaded.isLoading} onClick={() => setCursor(nextCursor)}>
          Next page
        </button>
      )}
    </Panel>
  )
}

function CloseButton(): ReactNode {
  return (
    <form method="dialog">
      <button type="submit" className="quiet">
        Close
      </button>
    </form>
  )
}
