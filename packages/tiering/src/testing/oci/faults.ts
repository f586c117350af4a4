/** An operation of the service, as its reference names it, such as `PutObject`. */
export type OperationName =
  | 'GetNamespace'
  | 'ListBuckets'
  | 'CreateBucket'
  | 'GetBucket'
  | 'HeadBucket'
  | 'UpdateBucket'
  | 'DeleteBucket'
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'ListObjects'
  | 'ListObjectVersions'
  | 'UpdateObjectStorageTier'
  | 'RestoreObjects'
  | 'CopyObject'
  | 'RenameObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CommitMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListMultipartUploads'
  | 'ListMultipartUploadParts'
  | 'GetWorkRequest'
  | 'ListWorkRequestErrors'
  | 'CancelWorkRequest'
  | 'CreateRetentionRule'
  | 'GetRetentionRule'
  | 'UpdateRetentionRule'
  | 'DeleteRetentionRule'
  | 'ListRetentionRules'
  | 'GetObjectLifecyclePolicy'
  | 'PutObjectLifecyclePolicy'
  | 'DeleteObjectLifecyclePolicy'

/** What goes wrong with one request. */
export type ServiceFault =
  /** The connection breaks before the service has done anything. */
  | { kind: 'fail-before' }
  /** The service does it, then the connection breaks: the answer is lost. */
  | { kind: 'fail-after' }
  /** The service refuses, with nothing done. */
  | { kind: 'refuse'; status: number; code: string; retryAfter?: number }
  /** The body of the answer ends early, at this byte; the connection breaks. */
  | { kind: 'truncate'; at: number }
  /** One bit of the body of the answer is another. */
  | { kind: 'flip-bit'; at: number }
  /** No answer comes; nothing is done. */
  | { kind: 'hang' }
  /** The answer comes late, by so many ms of real time. */
  | { kind: 'slow'; ms: number }
  /** A listing is that of an earlier time: it misses the newest objects, so many. */
  | { kind: 'stale-list'; missing: number }

/** What a fault is chosen by. */
export interface FaultedRequest {
  operation: OperationName
  bucket: string | undefined
  object: string | undefined
  /** Counts the requests that the service was sent, from 1. */
  number: number
}

/** Chooses a fault for a request; undefined lets it pass. */
export type ServiceFaults = (request: FaultedRequest) => ServiceFault | undefined
