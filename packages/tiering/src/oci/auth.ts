import { AnalyticsError } from '@analytics/protocol'
import type { OciSdk } from './sdk.js'

/** What signs requests: any provider of `oci-common`. */
export interface OciAuthProvider {
  /** Names the key to the service. */
  getKeyId(): Promise<string>
  /** PEM. */
  getPrivateKey(): string
  /** Of the private key; null where it has none. */
  getPassphrase(): string | null
}

/**
 * Who the requests come from: a profile of a config file, an API key, the machine or function that the process runs in
 * (instance, resource or workload identity), or a provider of the SDK's.
 */
export type OciAuth =
  | {
      /** @default '~/.oci/config' */
      file?: string
      /** @default 'DEFAULT' */
      profile?: string
    }
  | {
      tenancy: string
      user: string
      fingerprint: string
      /** PEM. */
      privateKey: string
      passphrase?: string
    }
  | 'instance'
  | 'resource'
  | 'workload'
  | OciAuthProvider

/** The provider that these options stand for. @throws AnalyticsError `invalid_options` where there is none to be had. */
export async function authProvider(
  { common }: OciSdk,
  auth: OciAuth,
): Promise<import('oci-common').AuthenticationDetailsProvider> {
  try {
    if (auth === 'instance') return await new common.InstancePrincipalsAuthenticationDetailsProviderBuilder().build()
    if (auth === 'resource') return common.ResourcePrincipalAuthenticationDetailsProvider.builder()
    if (auth === 'workload') {
      const { OkeWorkloadIdentityAuthenticationDetailsProvider: Workload } = common
      return new Workload.OkeWorkloadIdentityAuthenticationDetailsProviderBuilder().build()
    }
    if ('getKeyId' in auth) return auth
    if ('tenancy' in auth) {
      const { tenancy, user, fingerprint, privateKey, passphrase = null } = auth
      return new common.SimpleAuthenticationDetailsProvider(tenancy, user, fingerprint, privateKey, passphrase)
    }
    return new common.ConfigFileAuthenticationDetailsProvider(auth.file, auth.profile)
  } catch (cause) {
    const message = String((cause as Error | undefined)?.message ?? cause).split('\n')[0]
    throw new AnalyticsError('invalid_options', `Requests to OCI can't be signed: ${message}`, { field: 'auth', cause })
  }
}
