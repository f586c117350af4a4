/** What the server tells its pages. */
export interface Config {
  writeKey: string
  /** Only in development: elsewhere whoever looks at the dashboard types it in. */
  readKey?: string
  /** The same of the key for who people are. */
  adminKey?: string
  /** The server's clock, ISO. */
  now: string
}

/** Asks the server for the configuration. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch('/config.json')
  if (!response.ok) throw new Error(`The server answered ${response.status} to /config.json.`)
  return (await response.json()) as Config
}
