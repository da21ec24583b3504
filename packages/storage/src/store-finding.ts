import { errorCode } from './file-errors';
import { StoreFullError, StoreUnavailableError } from './errors';

export type StoreReason =
  | 'unreachable' | 'access-denied' | 'no-bucket' | 'clock-skew' | 'full' | 'inconsistent'
  | 'no-conditional-writes' | 'no-checksums' | 'no-hard-links' | 'no-folder-sync';

/** One thing that a probe found wrong with the store. The detail and remedy are for operators: they go to logs only. */
export interface StoreFinding {
  reason: StoreReason;
  /** `unavailable` can pass by itself, `unsuitable` cannot, and with a `warning` the store is still in use. */
  kind: 'unavailable' | 'unsuitable' | 'warning';
  detail: string;
  remedy: string;
  cause?: unknown;
}

type Meaning = Pick<StoreFinding, 'reason' | 'kind' | 'remedy'>;

const MEANINGS = {
  unreachable: { reason: 'unreachable', kind: 'unavailable', remedy: 'check STORAGE_URL, the endpoint, the network and the state of the server or disk' },
  denied: { reason: 'access-denied', kind: 'unavailable', remedy: 'allow writing, reading, listing and deleting below the store, probe/ included (for S3 see ecs/src/permissions.ts)' },
  noBucket: { reason: 'no-bucket', kind: 'unavailable', remedy: 'create the bucket that STORAGE_URL names' },
  clockSkew: { reason: 'clock-skew', kind: 'unavailable', remedy: 'set the clock of this host by NTP' },
  full: { reason: 'full', kind: 'warning', remedy: 'free space on the disk of the store, or raise its quota' },
  noHardLinks: { reason: 'no-hard-links', kind: 'unsuitable', remedy: 'use a file system with hard links (ext4, XFS, btrfs, ZFS, NFS), not FAT, exFAT or an SMB share' },
  noFolderSync: { reason: 'no-folder-sync', kind: 'unsuitable', remedy: 'use a file system that can sync a directory to disk (ext4, XFS, btrfs, ZFS, NFS)' },
} as const satisfies Record<string, Meaning>;

const DENIED_NAMES = new Set(['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken', 'CredentialsProviderError']);
const DENIED_CODES = new Set(['EACCES', 'EPERM', 'EROFS']);
const NO_LINK_CODES = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV']);

function meaningOf(cause: unknown): Meaning {
  const { name, syscall } = cause as Partial<NodeJS.ErrnoException>;
  const code = errorCode(cause) ?? '';
  if (name === 'RequestTimeTooSkewed' || isRefusedByClock(cause)) return MEANINGS.clockSkew;
  if (name === 'NoSuchBucket' || name === 'NotFound') return MEANINGS.noBucket;
  if (DENIED_NAMES.has(name ?? '') || statusOf(cause) === 403 || statusOf(cause) === 401) return MEANINGS.denied;
  if (syscall === 'link' && NO_LINK_CODES.has(code)) return MEANINGS.noHardLinks;
  if (syscall === 'fsync' && (code === 'EINVAL' || code === 'ENOTSUP')) return MEANINGS.noFolderSync;
  return DENIED_CODES.has(code) ? MEANINGS.denied : MEANINGS.unreachable;
}

/** S3 accepts signatures of this age. */
const SIGNATURE_AGE_MS = 15 * 60_000;

/** An answer to HEAD has no body that names the error, so the server's time tells whether the signature was too old. */
function isRefusedByClock(error: unknown): boolean {
  const { headers = {} } = (error as { $response?: { headers?: Record<string, string> } }).$response ?? {};
  return statusOf(error) === 403 && Math.abs(Date.parse(headers['date'] ?? '') - Date.now()) > SIGNATURE_AGE_MS;
}

/** The HTTP status of an error of the SDK. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
}

/** @param step that failed, such as `write` @throws the error when it is none of the store's */
export function findingOf(step: string, error: unknown): StoreFinding {
  if (error instanceof StoreFullError) return { ...MEANINGS.full, detail: `no room to ${step}`, cause: error };
  if (!(error instanceof StoreUnavailableError)) throw error;
  return { ...meaningOf(error.cause), detail: `cannot ${step}: ${error.message}`, cause: error };
}
