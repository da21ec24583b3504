import { fileURLToPath } from 'node:url';
import { FileObjectStore } from './file/file-object-store';
import { isKey } from './key-validation';
import type { ObjectStore } from './object-store';
import type * as S3 from './s3/s3-object-store';

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** The URL as it may be shown: without what stands before an `@`, which could be a password. */
function redactUrl(storageUrl: string): string {
  return JSON.stringify(storageUrl.replace(/\/\/[^/]*@/, '//…@'));
}

function reject(storageUrl: string): never {
  throw new Error(`the storage URL must be file:///dir or s3://bucket/prefix, but is ${redactUrl(storageUrl)}`);
}

function parse(storageUrl: string): URL {
  const url = URL.canParse(storageUrl) ? new URL(storageUrl) : reject(storageUrl);
  return url.username || url.password || url.port || url.search || url.hash ? reject(storageUrl) : url;
}

function openFileStore(storageUrl: string, url: URL): ObjectStore {
  const path = url.host === '' && storageUrl.startsWith('file:///') ? fileURLToPath(url).replace(/\/+$/, '') : '';
  return path === '' ? reject(storageUrl) : new FileObjectStore(path);
}

function openS3Store(storageUrl: string, url: URL): ObjectStore {
  const prefix = decodeURIComponent(url.pathname).replace(/^\/|\/+$/g, '');
  if (!BUCKET.test(url.hostname) || (prefix !== '' && !isKey(prefix))) reject(storageUrl);
  // Only now: the SDK takes 10 MB of every process and scoring thread, and a tenth of a second of its start.
  const { S3ObjectStore } = require('./s3/s3-object-store') as typeof S3;
  return new S3ObjectStore({ bucket: url.hostname, prefix });
}

/**
 * The store that a URL names. The S3 one takes endpoint, region and credentials from the AWS SDK's own variables.
 * @param storageUrl `file:///dir` or `s3://bucket/prefix` (the prefix may be left out).
 * @throws Error that repeats the URL, without credentials, when it is neither.
 */
export function openStore(storageUrl: string): ObjectStore {
  const url = parse(storageUrl);
  if (url.protocol === 'file:') return openFileStore(storageUrl, url);
  if (url.protocol === 's3:') return openS3Store(storageUrl, url);
  return reject(storageUrl);
}
