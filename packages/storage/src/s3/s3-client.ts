import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { sharedReadBuffer } from './shared-read-buffer';

const CONNECTION_TIMEOUT_MS = 3_000;
const MAX_SOCKETS = 128;

/** As the AWS command line has it: S3-compatible servers have no regions, so theirs need not be named. */
const DEFAULT_REGION = 'us-east-1';

/** Region, credentials and endpoint come from the SDK's own variables, files and instance roles. */
function regionOf(configured: S3Client): () => Promise<string> {
  return () => configured.config.region().catch(() => DEFAULT_REGION);
}

/**
 * Addresses buckets by path wherever the endpoint is not Amazon's own: only there does every bucket have a host name.
 * The SDK knows the endpoint no sooner than with the first request, so this is decided with each.
 */
function usePathStyleOnOwnEndpoints(client: S3Client): void {
  const resolve = client.config.endpointProvider;
  client.config.endpointProvider = (params, context) =>
    resolve(params.Endpoint === undefined ? params : { ...params, ForcePathStyle: true }, context);
}

/**
 * A client that gives up on a frozen server and repeats what failed in passing (three attempts in all by default, with
 * back-off; AWS_MAX_ATTEMPTS).
 * @param requestTimeoutMs from the request's start to the head of its response, so it bounds sending a body, not reading one.
 */
export function createS3Client(
  requestTimeoutMs: number,
  overrides: Pick<S3ClientConfig, 'requestChecksumCalculation'> = {},
): S3Client {
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS, ...sharedReadBuffer };
  const client = new S3Client({
    ...overrides,
    region: regionOf(new S3Client({})),
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
  usePathStyleOnOwnEndpoints(client);
  return client;
}
