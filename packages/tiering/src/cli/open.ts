import { readFile } from 'node:fs/promises'
import { AnalyticsError } from '@analytics/protocol'
import { remoteTiering } from '../admin/remote.js'
import { remoteImporter } from '../admin/remote-import.js'
import type { Importer } from '../export/importer.js'
import type { TieringOperations } from '../tiering.js'
import type { Arguments } from './arguments.js'
import { loadConfig } from './config.js'

/** What a command works on. */
export interface OpenedTiering {
  tiering: TieringOperations
  /** Where events can be imported. */
  analytics?: Importer
  /** Closes what was opened for it. */
  close?(): Promise<void>
}

const DEFAULT_CONFIG = 'analytics.config.mjs'

/**
 * The tier manager of a running server, or the one of a config file.
 * @throws AnalyticsError `invalid_options`, also where both are asked for.
 */
export async function openTiering(
  { url, keyFile, config }: Pick<Arguments, 'url' | 'keyFile' | 'config'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OpenedTiering> {
  if (url === undefined) {
    if (keyFile !== undefined) throw invalid('key-file', '--key-file goes with --url.')
    return loadConfig(config ?? DEFAULT_CONFIG)
  }
  if (config !== undefined) throw invalid('url', 'Give either --url or --config: a server has its own tiering.')
  const server = { url, key: await readKey(keyFile, env) }
  return { tiering: remoteTiering(server), analytics: remoteImporter(server) }
}

/** The key is never an argument: other users of the machine see those. */
async function readKey(
  file: string | undefined,
  { ANALYTICS_ADMIN_KEY: key = '' }: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (file === undefined) {
    if (key !== '') return key
    throw invalid(
      'key',
      'Give an admin key in the environment variable ANALYTICS_ADMIN_KEY, or a file with it by --key-file.',
    )
  }
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (cause) {
    throw invalid('key-file', `${file} can't be read: ${(cause as { code?: string }).code}.`, cause)
  }
}

function invalid(field: string, message: string, cause?: unknown): AnalyticsError {
  return new AnalyticsError('invalid_options', message, { field, cause })
}
