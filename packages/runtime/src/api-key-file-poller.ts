import { readFile } from 'node:fs/promises';
import { type Logger } from 'pino';
import { hashApiKey, parseApiKeys } from './api-keys';
import { ActiveKeys } from './active-keys';
import { PeriodicTask } from './periodic-task';

const POLL_INTERVAL_MS = 1_000;

export interface KeyChange {
  /** `tenant/key`, of keys that came or went, or became another key or role under their old name. */
  added: string[];
  removed: string[];
  /** Hex SHA-256 of the file: the same change is the same text for every process. */
  digest: string;
}

export interface ApiKeyFilePollerOptions {
  file: string;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  onChange?: (change: KeyChange) => void;
}

/**
 * Keeps a ring of keys as the file has them. The file is read again every second rather than watched: a second is short
 * enough for a revoked key, and holds for mounted secrets, links and network file systems, where watching does not.
 * A file that cannot be used changes nothing: the keys before stay in force, and an error is logged once.
 */
export class ApiKeyFilePoller {
  private readonly polling: PeriodicTask;
  private digest = '';
  private lastError = '';

  private constructor(
    readonly ring: ActiveKeys,
    private readonly options: ApiKeyFilePollerOptions,
  ) {
    this.polling = new PeriodicTask({
      name: 'keys file',
      intervalMs: POLL_INTERVAL_MS,
      run: () => this.poll(),
      logger: options.logger,
    });
  }

  /** @throws ApiKeysError, or what reading threw: a service does not start without keys */
  static async open(options: ApiKeyFilePollerOptions): Promise<ApiKeyFilePoller> {
    const text = await readFile(options.file, 'utf8');
    const keyFile = new ApiKeyFilePoller(new ActiveKeys(parseApiKeys(text, options.file)), options);
    keyFile.digest = hashApiKey(text);
    return keyFile;
  }

  start(): void {
    this.polling.start();
  }

  stop(): Promise<void> {
    return this.polling.stop();
  }

  /** Reads the file again when it has changed; called every second once it has started. */
  async poll(): Promise<void> {
    const { file, logger } = this.options;
    try {
      const text = await readFile(file, 'utf8');
      const digest = hashApiKey(text);
      if (digest !== this.digest) this.apply(text, digest);
      this.lastError = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.lastError)
        logger.error({ lastError: message }, 'the keys file cannot be used; the keys before stay in force');
      this.lastError = message;
    }
  }

  private apply(text: string, digest: string): void {
    const { file, logger, onChange } = this.options;
    const before = this.ring.fingerprints();
    this.ring.replace(parseApiKeys(text, file));
    this.digest = digest;
    const after = this.ring.fingerprints();
    const { added, removed } = compareKeys(before, after);
    logger.info({ added, removed }, 'the keys file was read again');
    onChange?.({ added, removed, digest });
  }
}

/** @param before and after as `KeyRing.fingerprints` gives them */
export function compareKeys(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Pick<KeyChange, 'added' | 'removed'> {
  const missingIn = (those: ReadonlyMap<string, string>, these: ReadonlyMap<string, string>) =>
    [...these].filter(([name, print]) => those.get(name) !== print).map(([name]) => name);
  return { added: missingIn(before, after), removed: missingIn(after, before) };
}
