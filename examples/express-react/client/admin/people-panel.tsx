import type { PeopleQuery, PeopleResult, Range } from '@analytics/protocol'
import { type ReactNode, useState } from 'react'
import { PlainTable } from './answer-panel.js'
import { createApi } from './api.js'
import { describeError } from './hooks.js'
import { Panel } from './panel.js'

const SHOWN_PEOPLE = 20

/** Who put something into the cart and did not buy. It is asked when somebody wants to know: each look is in the audit log. */
export function PeoplePanel({ adminKey, range }: { adminKey: string | undefined; range: Range }): ReactNode {
  const [key, setKey] = useState(adminKey ?? '')
  const [people, setPeople] = useState<PeopleResult>()
  const [error, setError] = useState<string>()
  const list = async () => {
    setError(undefined)
    try {
      const { result } = await createApi(key).query(abandoned(range), AbortSignal.timeout(30_000))
      setPeople(result)
    } catch (reason) {
      setError(describeError(reason))
    }
  }
  return (
    <Panel title="Who left a full cart" className="answer" loaded={{ isLoading: false, ...(error ? { error } : {}) }}>
      <form
        className="people-form"
        onSubmit={(event) => {
          event.preventDefault()
          void list()
        }}
      >
        <label>
          Admin key <input value={key} onChange={({ target }) => setKey(target.value.trim())} placeholder="ak_…" />
        </label>
        <button type="submit" className="quiet">
          List people
        </button>
      </form>
      {people && (
        <>
          <p data-testid="people-total">{people.total} people</p>
          <PlainTable
            caption="Who left a full cart"
            table={{
              columns: ['User', 'Visitor'],
              rows: people.users.map(({ userId, anonymousIds = [] }) => [userId ?? '–', anonymousIds.join(', ')]),
            }}
          />
        </>
      )}
    </Panel>
  )
}

const abandoned = (range: Range) =>
  ({
    kind: 'people',
    of: { kind: 'funnel', range, steps: [{ event: 'add_to_cart' }, { event: 'purchase' }] },
    cell: { step: 1, dropped: true },
    limit: SHOWN_PEOPLE,
  }) as const satisfies PeopleQuery
