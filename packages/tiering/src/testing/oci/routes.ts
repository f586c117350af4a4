import * as actions from './actions.js'
import * as buckets from './buckets.js'
import type { Answer, Exchange } from './exchange.js'
import type { OperationName } from './faults.js'
import * as listing from './listing.js'
import * as multipart from './multipart.js'
import * as objects from './objects.js'

/** Times and answers of the service that a stand-in may be given. */
export interface ServiceTimes {
  restoreMs: number
  copyMs: number
  notRestored: objects.NotRestored
}

/** One operation: what it is sent to, and what it does. */
interface Route {
  operation: OperationName
  method: string
  path: RegExp
  run(exchange: Exchange, times: ServiceTimes): Answer
}

const B = '/n/(?<namespace>[^/]+)/b/(?<bucket>[^/]+)'
const O = '(?<object>.+)'

const route = (operation: OperationName, method: string, path: string, run: Route['run']): Route => ({
  operation,
  method,
  path: new RegExp(`^${path}$`),
  run,
})

/** Every operation that the stand-in has. */
export const ROUTES: readonly Route[] = [
  route('GetNamespace', 'GET', '/n', buckets.getNamespace),
  route('ListBuckets', 'GET', '/n/(?<namespace>[^/]+)/b', buckets.listBuckets),
  route('CreateBucket', 'POST', '/n/(?<namespace>[^/]+)/b', buckets.createBucket),
  route('GetBucket', 'GET', B, buckets.getBucket),
  route('HeadBucket', 'HEAD', B, buckets.headBucket),
  route('UpdateBucket', 'POST', B, buckets.updateBucket),
  route('DeleteBucket', 'DELETE', B, buckets.deleteBucket),
  route('ListObjects', 'GET', `${B}/o`, listing.listObjects),
  route('ListObjectVersions', 'GET', `${B}/objectversions`, listing.listObjectVersions),
  route('PutObject', 'PUT', `${B}/o/${O}`, objects.putObject),
  route('GetObject', 'GET', `${B}/o/${O}`, (exchange, { notRestored }) => objects.getObject(exchange, notRestored)),
  route('HeadObject', 'HEAD', `${B}/o/${O}`, objects.headObject),
  route('DeleteObject', 'DELETE', `${B}/o/${O}`, objects.deleteObject),
  route('UpdateObjectStorageTier', 'POST', `${B}/actions/updateObjectStorageTier`, actions.updateStorageTier),
  route('RestoreObjects', 'POST', `${B}/actions/restoreObjects`, (exchange, { restoreMs }) =>
    actions.restoreObjects(exchange, restoreMs),
  ),
  route('CopyObject', 'POST', `${B}/actions/copyObject`, (exchange, { copyMs }) =>
    actions.copyObject(exchange, copyMs),
  ),
  route('RenameObject', 'POST', `${B}/actions/renameObject`, actions.renameObject),
  route('ListMultipartUploads', 'GET', `${B}/u`, multipart.listUploads),
  route('CreateMultipartUpload', 'POST', `${B}/u`, multipart.createUpload),
  route('ListMultipartUploadParts', 'GET', `${B}/u/${O}`, multipart.listParts),
  route('UploadPart', 'PUT', `${B}/u/${O}`, multipart.uploadPart),
  route('CommitMultipartUpload', 'POST', `${B}/u/${O}`, multipart.commitUpload),
  route('AbortMultipartUpload', 'DELETE', `${B}/u/${O}`, multipart.abortUpload),
  route('GetWorkRequest', 'GET', '/workRequests/(?<id>[^/]+)', actions.getWorkRequest),
  route('ListWorkRequestErrors', 'GET', '/workRequests/(?<id>[^/]+)/errors', actions.listWorkRequestErrors),
  route('CancelWorkRequest', 'DELETE', '/workRequests/(?<id>[^/]+)', actions.cancelWorkRequest),
  route('CreateRetentionRule', 'POST', `${B}/retentionRules`, buckets.createRetentionRule),
  route('ListRetentionRules', 'GET', `${B}/retentionRules`, buckets.listRetentionRules),
  route('GetRetentionRule', 'GET', `${B}/retentionRules/(?<id>[^/]+)`, buckets.getRetentionRule),
  route('UpdateRetentionRule', 'PUT', `${B}/retentionRules/(?<id>[^/]+)`, buckets.updateRetentionRule),
  route('DeleteRetentionRule', 'DELETE', `${B}/retentionRules/(?<id>[^/]+)`, buckets.deleteRetentionRule),
  route('GetObjectLifecyclePolicy', 'GET', `${B}/l`, buckets.getLifecycle),
  route('PutObjectLifecyclePolicy', 'PUT', `${B}/l`, buckets.putLifecycle),
  route('DeleteObjectLifecyclePolicy', 'DELETE', `${B}/l`, buckets.deleteLifecycle),
]

/** The operation that a request asks for, with the decoded parts of its path. */
export function findRoute(
  method: string,
  pathname: string,
): { route: Route; path: Readonly<Record<string, string>> } | undefined {
  for (const one of ROUTES) {
    const match = one.method === method ? one.path.exec(pathname) : null
    if (!match) continue
    const groups = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)] as const)
    return { route: one, path: Object.fromEntries(groups) }
  }
  return undefined
}

/** Whether the body of a request is signed: not where an object or a part is put, which may be large. */
export function signsBody(operation: OperationName, method: string): boolean {
  return (method === 'POST' || method === 'PUT') && operation !== 'PutObject' && operation !== 'UploadPart'
}
