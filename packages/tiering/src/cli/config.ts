import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AnalyticsError } from '@analytics/protocol'
import type { Importer } from '../export/importer.js'
import type { Tiering } from '../tiering.js'

/** What a config file has as its default export, or returns from it. */
export interface TieringConfig {
  tiering: Tiering
  /** The analytics over the same store: what `import` needs. */
  analytics?: Importer
  /** Closes what the file has opened. */
  close?(): Promise<void>
}

/** @throws AnalyticsError `invalid_options` where the file is not there or has nothing of the kind. */
export async function loadConfig(file: string): Promise<TieringConfig> {
  const path = resolve(file)
  let exported: unknown
  try {
    exported = ((await import(pathToFileURL(path).href)) as { default?: unknown }).default
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new AnalyticsError(
      'invalid_options',
      `${path} can't be loaded: ${String((cause as Error).message).split('\n')[0]} Name a file with --config.`,
      { field: 'config', cause },
    )
  }
  const made: unknown = typeof exported === 'function' ? await (exported as () => unknown)() : exported
  if (isTiering(made)) return { tiering: made, close: () => made.close() }
  if (typeof made === 'object' && made !== null && isTiering((made as TieringConfig).tiering))
    return made as TieringConfig
  throw new AnalyticsError(
    'invalid_options',
    `${path} exports neither a tiering nor { tiering, close } as its default.`,
    {
      field: 'config',
    },
  )
}

function isTiering(value: unknown): value is Tiering {
  return typeof (value as Partial<Tiering> | null)?.explain === 'function'
}
