import { BlockList, isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { TenantLimits } from './api-keys';

/** Invalid variables. The message names each variable and its expected value. */
export class ConfigError extends Error {
  readonly code = 'config-error';
}

const MIB = 1024 * 1024;
/** Decimal digits only: Number() accepts ' ' as 0 and '0x10' as 16. */
const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\s*\d{1,16}\s*$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));
const port = wholeNumber(0, 65_535);
/** Express's names for networks. Its `true` (trust every address) is refused, and so is a network that means about the same. */
const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];
/** Shortest prefixes: those of the private networks 10.0.0.0/8 and fc00::/7, and of 10.0.0.0/8 written as IPv6. */
const MIN_PREFIX_BITS = { ipv4: 8, ipv6: 7, mappedIpv4: 96 + 8 };
const FIRST_MAPPED_ADDRESS = '::ffff:0:0';

function isTrustedProxy(text: string): boolean {
  if (NAMED_NETWORKS.includes(text)) return true;
  const [address = '', prefix, ...others] = text.split('/');
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
  if (isIP(address) === 0 || others.length > 0) return false;
  if (prefix === undefined) return true;
  const bits = Number(prefix);
  if (!/^\d{1,3}$/.test(prefix) || bits > (family === 'ipv4' ? 32 : 128)) return false;
  if (family === 'ipv6' && networkOf(FIRST_MAPPED_ADDRESS, 96).check(address, family))
    return bits >= MIN_PREFIX_BITS.mappedIpv4;
  // An IPv6 network around the mapped addresses holds every IPv4 address.
  const holdsIpv4 = family === 'ipv6' && networkOf(address, bits).check(FIRST_MAPPED_ADDRESS, family);
  return bits >= MIN_PREFIX_BITS[family] && !holdsIpv4;
}

function networkOf(address: string, bits: number): BlockList {
  const network = new BlockList();
  network.addSubnet(address, bits, 'ipv6');
  return network;
}

function parseTrustedProxies(text: string, context: z.RefinementCtx): number | string[] {
  const proxies = text.split(',').map((proxy) => proxy.trim());
  if (/^[1-9]$/.test(text.trim())) return Number(text);
  if (proxies.every(isTrustedProxy)) return proxies;
  context.addIssue({
    code: 'custom',
    message:
      'must be a number of hops from 1 to 9, or addresses or networks separated by commas, ' +
      'the networks not wider than /8 (IPv4) or /7 (IPv6)',
  });
  return z.NEVER;
}

/** Proxies and browsers compare paths literally, so no encoding, dot segments or double slashes. */
const PUBLIC_PATH = /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/;
function parsePublicUrl(text: string, context: z.RefinementCtx): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const path = url?.pathname.replace(/\/$/, '') ?? '';
  const isPlain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '';
  if (isPlain && PUBLIC_PATH.test(path)) return url.origin + path;
  context.addIssue({
    code: 'custom',
    message: 'must be an http:// or https:// address without credentials, query or fragment, such as https://host/cyto',
  });
  return z.NEVER;
}

function parseOrigins(text: string, context: z.RefinementCtx): string[] {
  const origins = text.split(',').map((origin) => origin.trim());
  const isOrigin = (origin: string) =>
    URL.canParse(origin) && /^https?:/.test(origin) && new URL(origin).origin === origin;
  if (text.trim() === '*' || origins.every(isOrigin)) return origins;
  context.addIssue({
    code: 'custom',
    message: 'must be origins separated by commas, such as https://lims.example, or * for any origin',
  });
  return z.NEVER;
}

const environmentSchema = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(8080),
  DATA_DIR: z.string().min(1).default('.cytoqueue'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must start with redis:// or rediss://')
    .refine((url) => URL.canParse(url), 'must be a URL')
    .optional(),
  REDIS_PASSWORD: z.string().min(1).optional(),
  STORAGE_URL: z
    .string()
    .regex(/^(file|s3):\/\//, 'must start with file:// or s3://')
    .optional(),
  API_KEYS_FILE: z.string().min(1).optional(),
  API_KEYS: z.string().min(1).optional(),
  SESSION_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  TRUST_PROXY: z.string().transform(parseTrustedProxies).optional(),
  PUBLIC_URL: z.string().transform(parsePublicUrl).optional(),
  CORS_ORIGINS: z.string().transform(parseOrigins).default([]),
  MAX_WAIT_SECONDS: wholeNumber(1, 110).default(25),
  WORKERS: wholeNumber(1, 64).default(1),
  SERVICE_NODE: z.string().min(1).optional(),
  WORKER_THREADS: wholeNumber(1, 256).optional(),
  SHARD_ROWS: wholeNumber(1_000, 10_000_000).default(32_768),
  CLOUDWATCH_NAMESPACE: z.string().min(1).optional(),
  CANARY_SECONDS: wholeNumber(0, 3_600).default(60),
  WORKER_STALL_SECONDS: wholeNumber(1, 86_400).default(300),
  ENVIRONMENT: z.string().min(1).default('local'),
  WORKER_PORT: port.default(0),
  MAX_UPLOAD_BYTES: wholeNumber(1, Number.MAX_SAFE_INTEGER).default(1024 * MIB),
  RETENTION_DAYS: wholeNumber(1, 36_500).default(30),
  INPUT_RETENTION_DAYS: wholeNumber(1, 36_500).optional(),
  CONFIRMATION_RETENTION_DAYS: wholeNumber(1, 36_500).default(1_826),
  RATE_LIMIT_PER_MINUTE: wholeNumber(1, Number.MAX_SAFE_INTEGER).default(1_500_000),
  CONCURRENT_UPLOADS: wholeNumber(0, 100_000).default(100),
  EVENT_STREAMS: wholeNumber(0, 100_000).default(200),
  STORED_BYTES_QUOTA: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(100 * 1024 * MIB),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(4_000),
  ECS_AGENT_URI: z.url({ protocol: /^https?$/ }).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  /** Contains the password, if any: never log it. */
  readonly redisUrl: string | undefined;
  readonly storageUrl: string;
  readonly apiKeysFile: string | undefined;
  /** Content of a keys file, for secrets in variables. `apiKeysFile` takes precedence. */
  readonly apiKeys: string | undefined;
  /** Signs browser sessions; must be the same in every API process. */
  readonly sessionSecret: string | undefined;
  /** Trusted proxies: a number of hops, or addresses. */
  readonly trustProxy: number | readonly string[] | undefined;
  /** Public URL of the API without a trailing slash. The proxy strips its path. */
  readonly publicUrl: string | undefined;
  /** Origins whose pages may call the API with an API key; `*` is any. */
  readonly corsOrigins: readonly string[];
  /** Upper limit of `Prefer: wait`; below the idle timeouts of proxies and the server (120 s). */
  readonly maxWaitSeconds: number;
  readonly workers: number;
  /** Program of Node.js that `npm start` runs the services with; absolute. */
  readonly serviceNode: string | undefined;
  readonly workerThreads: number;
  readonly shardRows: number;
  readonly cloudwatchNamespace: string | undefined;
  /** Interval of the canary; 0 = never. */
  readonly canarySeconds: number;
  /** A worker is not live when work waits and it has started and ended no job for this time. */
  readonly workerStallSeconds: number;
  readonly environment: string;
  readonly workerPort: number;
  readonly maxUploadBytes: number;
  readonly retentionDays: number;
  /** Retention of uploaded files, which may be shorter than that of results. */
  readonly inputRetentionDays: number;
  /** Retention of confirmed diagnoses, which hold no features or identifiers and outlive the predictions. */
  readonly confirmationRetentionDays: number;
  /** Default limits of tenants. */
  readonly tenantLimits: Required<TenantLimits>;
  /** Connections of one API process. */
  readonly maxConnections: number;
  /** URL of the ECS agent; Amazon ECS sets the variable. */
  readonly ecsAgentUri: string | undefined;
  readonly logLevel: string;
}

/**
 * Parses the environment into the typed configuration. No other code reads variables. A blank variable counts as unset, because
 * compose files and task definitions write unset variables like that.
 * @throws ConfigError with every invalid variable
 */
export function loadConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(`Invalid environment variables. ${lines.join('; ')}`);
  }
  const env = parsed.data;
  const dataDir = resolve(env.DATA_DIR);
  return {
    host: env.HOST,
    port: env.PORT,
    dataDir,
    redisUrl: env.REDIS_URL === undefined ? undefined : withPassword(env.REDIS_URL, env.REDIS_PASSWORD),
    storageUrl: env.STORAGE_URL ?? pathToFileURL(join(dataDir, 'objects')).href,
    apiKeysFile: env.API_KEYS_FILE === undefined ? undefined : resolve(env.API_KEYS_FILE),
    apiKeys: env.API_KEYS,
    sessionSecret: env.SESSION_SECRET,
    trustProxy: env.TRUST_PROXY,
    publicUrl: env.PUBLIC_URL,
    corsOrigins: env.CORS_ORIGINS,
    maxWaitSeconds: env.MAX_WAIT_SECONDS,
    workers: env.WORKERS,
    serviceNode: env.SERVICE_NODE === undefined ? undefined : resolve(env.SERVICE_NODE),
    workerThreads: env.WORKER_THREADS ?? availableParallelism(),
    shardRows: env.SHARD_ROWS,
    cloudwatchNamespace: env.CLOUDWATCH_NAMESPACE,
    canarySeconds: env.CANARY_SECONDS,
    workerStallSeconds: env.WORKER_STALL_SECONDS,
    environment: env.ENVIRONMENT,
    workerPort: env.WORKER_PORT,
    maxUploadBytes: env.MAX_UPLOAD_BYTES,
    retentionDays: env.RETENTION_DAYS,
    inputRetentionDays: Math.min(env.INPUT_RETENTION_DAYS ?? env.RETENTION_DAYS, env.RETENTION_DAYS),
    confirmationRetentionDays: env.CONFIRMATION_RETENTION_DAYS,
    tenantLimits: {
      units_per_minute: env.RATE_LIMIT_PER_MINUTE,
      concurrent_uploads: env.CONCURRENT_UPLOADS,
      event_streams: env.EVENT_STREAMS,
      stored_bytes: env.STORED_BYTES_QUOTA,
    },
    maxConnections: env.MAX_CONNECTIONS,
    ecsAgentUri: env.ECS_AGENT_URI,
    logLevel: env.LOG_LEVEL,
  };
}

/** Adds the password, which secret stores provide separately. A password in the URL takes precedence. */
function withPassword(redisUrl: string, password: string | undefined): string {
  const url = new URL(redisUrl);
  if (password === undefined || url.password !== '') return redisUrl;
  url.password = encodeURIComponent(password);
  return url.href;
}
