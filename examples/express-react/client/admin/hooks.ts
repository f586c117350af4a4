import type { Query, QueryAnswer, RealtimeSummary } from '@analytics/protocol'
import { useEffect, useMemo, useState } from 'react'
import { type Api, ApiError } from './api.js'

/** What is known of something that is asked from the server. */
export interface Loaded<Value> {
  /** The latest answer; it stays while the next is awaited. */
  value?: Value
  /** Why the latest question has no answer. */
  error?: string
  isLoading: boolean
}

/** Asks at once and whenever `load` changes; what was asked before is ended. */
function useLoaded<Value>(load: (signal: AbortSignal) => Promise<Value>): Loaded<Value> {
  const [loaded, setLoaded] = useState<Loaded<Value>>({ isLoading: true })
  useEffect(() => {
    const controller = new AbortController()
    setLoaded((before) => ({ ...before, isLoading: true }))
    load(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setLoaded({ value, isLoading: false })
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setLoaded({ error: describeError(error), isLoading: false })
      },
    )
    return () => controller.abort()
  }, [load])
  return loaded
}

/** The answer to a query. It is asked again when the query changes, and when `turn` does. */
export function useQuery<const Q extends Query>(api: Api, query: Q, turn: number): Loaded<QueryAnswer<Q>> {
  // By its text: a query written in a component is a new object at each render.
  const text = JSON.stringify(query)
  // biome-ignore lint/correctness/useExhaustiveDependencies: turn asks again
  const load = useMemo(() => (signal: AbortSignal) => api.query(JSON.parse(text) as Q, signal), [api, text, turn])
  return useLoaded(load)
}

/** Every day by tier, asked again when `turn` changes. */
export function useTiers(api: Api, turn: number): Loaded<Awaited<ReturnType<Api['tiers']>>> {
  // biome-ignore lint/correctness/useExhaustiveDependencies: turn asks again
  const load = useMemo(() => (signal: AbortSignal) => api.tiers(signal), [api, turn])
  return useLoaded(load)
}

const RECONNECT_MS = 2000

/** The live numbers, followed as they come. A stream that ends is opened again; a refused key is not tried twice. */
export function useRealtime(api: Api): Loaded<RealtimeSummary> {
  const [live, setLive] = useState<Loaded<RealtimeSummary>>({ isLoading: true })
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    const follow = async () => {
      while (!signal.aborted) {
        try {
          for await (const value of api.realtime(signal)) setLive({ value, isLoading: false })
        } catch (error) {
          if (signal.aborted) return
          setLive({ error: describeError(error), isLoading: !(error instanceof ApiError) })
          if (error instanceof ApiError) return
        }
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS))
      }
    }
    setLive({ isLoading: true })
    void follow()
    return () => controller.abort()
  }, [api])
  return live
}

/** A number that grows by one each so many ms, while the page is looked at. */
export function useTurns(everyMs: number): number {
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setTurn((before) => before + 1)
    }, everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return turn
}

/** The value as it was when it last stood still for so many ms. */
export function useSettled<Value>(value: Value, ms: number): Value {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return settled
}

/** Why something failed, for people. */
export function describeError(error: unknown): string {
  if (error instanceof ApiError) return `${error.message} (${error.code})`
  return 'The server cannot be reached.'
}
