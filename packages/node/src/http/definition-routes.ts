import { AnalyticsError, isRecord } from '@analytics/protocol'
import type { Definitions } from '../definitions/definitions.js'
import type { Scope } from './auth.js'
import { readJson } from './body.js'
import { json } from './responses.js'

interface DefinitionCall {
  request: Request
  /** The name, where the path has one. */
  id: string
}

interface DefinitionRoute<Parts> {
  scope: Scope
  answer(parts: Parts, call: DefinitionCall): Promise<Response>
}

/** The routes of one kind of definitions, by path and method. */
export function definitionRoutes<Parts, Definition>(
  path: string,
  of: (parts: Parts) => Definitions<Definition>,
): Record<string, Record<string, DefinitionRoute<Parts>>> {
  return {
    [path]: {
      GET: { scope: 'read', answer: async (parts) => json({ definitions: await of(parts).list() }) },
    },
    [`${path}/*`]: {
      GET: {
        scope: 'read',
        answer: async (parts, { id, request }) => json(await of(parts).get(id, versionOf(request))),
      },
      PUT: {
        scope: 'admin',
        async answer(parts, { id, request }) {
          const body = await readJson(request)
          if (!isRecord(body)) throw new AnalyticsError('invalid_query', 'The definition is no object.', { field: '' })
          // Its name is in the path: one that the body has as well would be ignored, hence it is none of the fields.
          if (Object.hasOwn(body, 'name'))
            throw new AnalyticsError('invalid_query', 'name: is in the path.', { field: 'name' })
          return json(await of(parts).define({ ...(body as Definition), name: id }))
        },
      },
      DELETE: {
        scope: 'admin',
        async answer(parts, { id }) {
          await of(parts).delete(id)
          return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
        },
      },
    },
  }
}

/** The version that a request asks for; undefined where it asks for what is defined now. */
function versionOf(request: Request): number | undefined {
  const text = new URL(request.url).searchParams.get('version')
  if (text === null) return undefined
  if (/^\d{1,8}$/.test(text)) return Number(text)
  throw new AnalyticsError('invalid_query', 'version: is no whole number.', { field: 'version' })
}
