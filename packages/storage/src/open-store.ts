import { fileURLToPath } from 'node:url';
import { FileObjectStore } from './file/file-object-store';
import { API_LIMITS, type JournalLimits, WORKER_LIMITS } from './file/journal/limits';
import { JournaledStore } from './file/journaled-store';
import { isKey } from './key-validation';
import type { ObjectStore } from './object-store';
import type * as S3 from './s3/s3-object-store';

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Removes everything before an `@`, which could be a password. */
function redactUrl(storageUrl: string): string {
  return JSON.stringify(storageUrl.replace(/\/\/[^/]*@/, '//…@'));
}

function reject(storageUrl: string): never {
  throw new Error(`the storage URL must be file:///dir or s3://bucket/prefix, but it is ${redactUrl(storageUrl)}`);
}

function parse(storageUrl: string): URL {
  const url = URL.canParse(storageUrl) ? new URL(storageUrl) : reject(storageUrl);
  return url.username || url.password || url.port || url.search || url.hash ? reject(storageUrl) : url;
}

function openFileStore(storageUrl: string, url: URL, limits: JournalLimits): ObjectStore {
  const path = url.host === '' && storageUrl.startsWith('file:///') ? fileURLToPath(url).replace(/\/+$/, '') : '';
  return path === '' ? reject(storageUrl) : new JournaledStore(new FileObjectStore(path), limits);
}

function openS3Store(storageUrl: string, url: URL): ObjectStore {
  const prefix = decodeURIComponent(url.pathname).replace(/^\/|\/+$/g, '');
  if (!BUCKET.test(url.hostname) || (prefix !== '' && !isKey(prefix))) reject(storageUrl);
  // Loaded on demand: the SDK costs 10 MB per process and scoring thread, and 0.1 s of the start.
  const { S3ObjectStore } = require('./s3/s3-object-store') as typeof S3;
  return new S3ObjectStore({ bucket: url.hostname, prefix });
}

/**
 * Opens the store at a URL. The S3 store reads endpoint, region and credentials from the AWS SDK's variables.
 * @param isWorker whether to store the objects in the file store's journal as files before other processes do
 * @param storageUrl `file:///dir` or `s3://bucket/prefix` (the prefix is optional)
 * @throws Error with the URL, without credentials, when it has another form
 */
export function openStore(storageUrl: string, { isWorker = false } = {}): ObjectStore {
  const url = parse(storageUrl);
  if (url.protocol === 'file:') return openFileStore(storageUrl, url, isWorker ? WORKER_LIMITS : API_LIMITS);
  if (url.protocol === 's3:') return openS3Store(storageUrl, url);
  return reject(storageUrl);
}
