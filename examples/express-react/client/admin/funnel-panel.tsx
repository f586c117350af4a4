import type { FunnelQuery, FunnelStepResult, Range } from '@analytics/protocol'
import { type Dispatch, type ReactNode, useReducer } from 'react'
import type { Api } from './api.js'
import { formatNumber, formatSeconds, formatShare } from './format.js'
import { type EditedStep, INITIAL_STEPS, querySteps, type StepsAction, stepsReducer } from './funnel-steps.js'
import { useQuery, useSettled } from './hooks.js'
import { Panel, ReadFrom } from './panel.js'
import type { ShowPeople } from './people-dialog.js'
import { PeopleButton } from './plain-table.js'

const EVENTS = ['page_view', 'click', 'add_to_cart', 'signup', 'checkout', 'purchase', 'error']
/** Typing asks nothing; this long after it does. */
const TYPING_MS = 300

/** Props of {@link FunnelPanel}. */
export interface FunnelPanelProps {
  api: Api
  range: Range
  turn: number
  showPeople: ShowPeople
}

/** How far people get. Each step is edited where its numbers are. */
export function FunnelPanel({ api, range, turn, showPeople }: FunnelPanelProps): ReactNode {
  const [steps, change] = useReducer(stepsReducer, INITIAL_STEPS)
  const asked = useSettled(steps, TYPING_MS)
  const query: FunnelQuery = { kind: 'funnel', range, steps: querySteps(asked) }
  const funnel = useQuery(api, query, turn)
  const stepOf = ({ id }: EditedStep) => asked.findIndex((step) => step.id === id)
  const results = new Map(asked.map(({ id }, i) => [id, funnel.value?.result.steps[i]]))
  const addStep = (
    <button type="button" className="quiet" onClick={() => change({ type: 'add' })}>
      Add step
    </button>
  )
  return (
    <Panel
      title="Funnel"
      className="funnel"
      loaded={funnel}
      aside={addStep}
      footer={<ReadFrom meta={funnel.value?.meta} />}
    >
      <ol>
        {steps.map((step, i) => (
          <StepRow
            key={step.id}
            step={step}
            index={i}
            count={steps.length}
            result={results.get(step.id)}
            change={change}
            onPeople={() => showPeople({ title: 'Funnel', people: { of: query, cell: { step: stepOf(step) } } })}
          />
        ))}
      </ol>
      <datalist id="events">
        {EVENTS.map((event) => (
          <option key={event} value={event} />
        ))}
      </datalist>
    </Panel>
  )
}

interface StepRowProps {
  step: EditedStep
  index: number
  count: number
  result: FunnelStepResult | undefined
  change: Dispatch<StepsAction>
  onPeople: () => void
}

function StepRow({ step, index, count, result, change, onPeople }: StepRowProps): ReactNode {
  const number = index + 1
  const edit = (fields: Partial<EditedStep>) => change({ type: 'change', id: step.id, fields })
  return (
    <li className="step" data-testid={`funnel-step-${index}`} data-users={result?.users}>
      <div className="step-head">
        <span className="step-number">{number}</span>
        <input
          list="events"
          aria-label={`Event of step ${number}`}
          value={step.event}
          onChange={({ target }) => edit({ event: target.value })}
        />
        <input
          className="page"
          aria-label={`Page of step ${number}`}
          placeholder="any page"
          value={step.page}
          onChange={({ target }) => edit({ page: target.value })}
        />
        <StepButtons step={step} index={index} count={count} change={change} />
        <StepNumbers index={index} result={result} onPeople={onPeople} />
      </div>
      <div className="bar">{result && <div style={{ width: `${(result.fromStart ?? 0) * 100}%` }} />}</div>
    </li>
  )
}

function StepNumbers({ index, result, onPeople }: Pick<StepRowProps, 'index' | 'result' | 'onPeople'>): ReactNode {
  const { users, fromStart = null, fromPrevious = null, medianSeconds = null } = result ?? {}
  return (
    <dl className="step-numbers">
      <Figure label="Median">{index > 0 && formatSeconds(medianSeconds)}</Figure>
      <Figure label="From previous">{index > 0 && formatShare(fromPrevious)}</Figure>
      <Figure label="From start">{formatShare(fromStart)}</Figure>
      <Figure label="Users">
        {users ? <PeopleButton text={formatNumber(users)} onClick={onPeople} /> : formatNumber(users)}
      </Figure>
    </dl>
  )
}

function Figure({ label, children }: { label: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function StepButtons({ step: { id }, index, count, change }: Omit<StepRowProps, 'result' | 'onPeople'>): ReactNode {
  const label = (what: string) => ({ 'aria-label': `${what} step ${index + 1}`, title: what, type: 'button' as const })
  return (
    <div className="step-buttons">
      <button {...label('Move up')} disabled={index === 0} onClick={() => change({ type: 'move', id, by: -1 })}>
        ↑
      </button>
      <button
        {...label('Move down')}
        disabled={index === count - 1}
        onClick={() => change({ type: 'move', id, by: 1 })}
      >
        ↓
      </button>
      <button {...label('Remove')} disabled={count === 1} onClick={() => change({ type: 'remove', id })}>
        ×
      </button>
    </div>
  )
}
