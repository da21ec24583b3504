import { errorCode } from './file/file-errors';
import { StoreFullError, StoreUnavailableError } from './errors';

export type StoreReason =
  | 'unreachable'
  | 'access-denied'
  | 'no-bucket'
  | 'clock-skew'
  | 'full'
  | 'inconsistent'
  | 'no-conditional-writes'
  | 'no-checksums'
  | 'no-hard-links'
  | 'no-folder-sync';

/** A problem that a probe found. Detail and remedy are for operators and go to logs only. */
export interface StoreFinding {
  reason: StoreReason;
  /** `unavailable` may be temporary; `unsuitable` is permanent; with a `warning` the store stays in use. */
  kind: 'unavailable' | 'unsuitable' | 'warning';
  detail: string;
  remedy: string;
  cause?: unknown;
}

type FailureCause = Pick<StoreFinding, 'reason' | 'kind' | 'remedy'>;

const CAUSES = {
  unreachable: {
    reason: 'unreachable',
    kind: 'unavailable',
    remedy: 'check STORAGE_URL, the endpoint, the network and the state of the server or disk',
  },
  denied: {
    reason: 'access-denied',
    kind: 'unavailable',
    remedy:
      'allow writing, reading, listing and deleting below the store, probe/ included (for S3 see ecs/src/permissions.ts)',
  },
  noBucket: { reason: 'no-bucket', kind: 'unavailable', remedy: 'create the bucket that STORAGE_URL names' },
  clockSkew: { reason: 'clock-skew', kind: 'unavailable', remedy: 'set the clock of this host by NTP' },
  full: { reason: 'full', kind: 'warning', remedy: 'free space on the disk of the store, or raise its quota' },
  noHardLinks: {
    reason: 'no-hard-links',
    kind: 'unsuitable',
    remedy: 'use a file system with hard links (ext4, XFS, btrfs, ZFS, NFS), not FAT, exFAT or an SMB share',
  },
  noFolderSync: {
    reason: 'no-folder-sync',
    kind: 'unsuitable',
    remedy: 'use a file system that can sync a directory to disk (ext4, XFS, btrfs, ZFS, NFS)',
  },
} as const satisfies Record<string, FailureCause>;

const DENIED_NAMES = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'CredentialsProviderError',
]);
const DENIED_CODES = new Set(['EACCES', 'EPERM', 'EROFS']);
const NO_LINK_CODES = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV']);

function classifyCause(cause: unknown): FailureCause {
  const { name, syscall } = cause as Partial<NodeJS.ErrnoException>;
  const code = errorCode(cause) ?? '';
  if (name === 'RequestTimeTooSkewed' || isRefusedByClock(cause)) return CAUSES.clockSkew;
  if (name === 'NoSuchBucket' || name === 'NotFound') return CAUSES.noBucket;
  if (DENIED_NAMES.has(name ?? '') || statusOf(cause) === 403 || statusOf(cause) === 401) return CAUSES.denied;
  if (syscall === 'link' && NO_LINK_CODES.has(code)) return CAUSES.noHardLinks;
  if (syscall === 'fsync' && (code === 'EINVAL' || code === 'ENOTSUP')) return CAUSES.noFolderSync;
  return DENIED_CODES.has(code) ? CAUSES.denied : CAUSES.unreachable;
}

/** Maximum age of a signature that S3 accepts. */
const SIGNATURE_AGE_MS = 15 * 60_000;

/** A HEAD response has no body with an error code, so compare the server's time with ours. */
function isRefusedByClock(error: unknown): boolean {
  const { headers = {} } = (error as { $response?: { headers?: Record<string, string> } }).$response ?? {};
  return statusOf(error) === 403 && Math.abs(Date.parse(headers['date'] ?? '') - Date.now()) > SIGNATURE_AGE_MS;
}

/** The HTTP status of an SDK error. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
}

/** @param step the failed step, such as `write` @throws the error itself when it is no store error */
export function toStoreFinding(step: string, error: unknown): StoreFinding {
  if (error instanceof StoreFullError) return { ...CAUSES.full, detail: `no space left to ${step}`, cause: error };
  if (!(error instanceof StoreUnavailableError)) throw error;
  return { ...classifyCause(error.cause ?? error), detail: `cannot ${step}: ${error.message}`, cause: error };
}
