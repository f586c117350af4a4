import { AnalyticsError } from '@analytics/protocol'

/**
 * Names that every store takes alike, and that can't leave the folder or bucket that they belong to. A part that begins with
 * a dot is refused: it would be hidden, or one of a store's own files.
 * @throws AnalyticsError `invalid_options`.
 */
export function checkObjectName(name: string): void {
  const isValid =
    /^[A-Za-z0-9=_./-]+$/.test(name) && name.split('/').every((part) => part !== '' && !part.startsWith('.'))
  if (!isValid)
    throw new AnalyticsError('invalid_options', `${JSON.stringify(name)} is no object name.`, { field: 'name' })
}

/** What a read of an object that is not there rejects with. */
export function objectNotFound(name: string): AnalyticsError {
  return new AnalyticsError('object_not_found', `There is no object ${name}.`)
}
