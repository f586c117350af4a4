import { AnalyticsError } from '@analytics/protocol'

/** The real SDK's two packages, loaded when a store is opened: they are optional peers, and weigh 17 MB. */
export interface OciSdk {
  common: typeof import('oci-common')
  storage: typeof import('oci-objectstorage')
}

/** @throws AnalyticsError `missing_dependency` */
export async function loadSdk(): Promise<OciSdk> {
  try {
    const [common, storage] = await Promise.all([import('oci-common'), import('oci-objectstorage')])
    return { common, storage }
  } catch (cause) {
    throw new AnalyticsError(
      'missing_dependency',
      'ociObjectStore needs the packages oci-common and oci-objectstorage: install them.',
      { cause },
    )
  }
}
