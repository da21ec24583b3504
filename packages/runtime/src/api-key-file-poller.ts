import { readFile } from 'node:fs/promises';
import { type Logger } from 'pino';
import { hashApiKey, parseApiKeys } from './api-keys';
import { ActiveKeys } from './active-keys';
import { PeriodicTask } from './periodic-task';

const POLL_INTERVAL_MS = 1_000;

export interface KeyChange {
  /** `tenant/key` of added and removed keys; a changed key or role is in both lists. */
  added: string[];
  removed: string[];
  /** Hex SHA-256 of the file, equal in every process. */
  digest: string;
}

export interface ApiKeyFilePollerOptions {
  file: string;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  onChange?: (change: KeyChange) => void;
}

/**
 * Reloads the active keys when the keys file changes. Polls every second instead of watching, because watching fails for mounted
 * secrets, links and network file systems; a second is short enough for a revoked key. An invalid file changes nothing: the
 * previous keys stay active and one error is logged.
 */
export class ApiKeyFilePoller {
  private readonly polling: PeriodicTask;
  private digest = '';
  private lastError = '';

  private constructor(
    readonly activeKeys: ActiveKeys,
    private readonly options: ApiKeyFilePollerOptions,
  ) {
    this.polling = new PeriodicTask({
      name: 'keys file',
      intervalMs: POLL_INTERVAL_MS,
      run: () => this.poll(),
      logger: options.logger,
    });
  }

  /** @throws ApiKeysError or the read error: a service does not start without keys */
  static async open(options: ApiKeyFilePollerOptions): Promise<ApiKeyFilePoller> {
    const text = await readFile(options.file, 'utf8');
    const poller = new ApiKeyFilePoller(new ActiveKeys(parseApiKeys(text, options.file)), options);
    poller.digest = hashApiKey(text);
    return poller;
  }

  start(): void {
    this.polling.start();
  }

  stop(): Promise<void> {
    return this.polling.stop();
  }

  /** Reads the file if it has changed. Called every second after the start. */
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
        logger.error(
          { reason: message },
          'the keys file is unreadable or invalid; the previous keys stay active; correct the file',
        );
      this.lastError = message;
    }
  }

  private apply(text: string, digest: string): void {
    const { file, logger, onChange } = this.options;
    const before = this.activeKeys.fingerprints();
    this.activeKeys.replace(parseApiKeys(text, file));
    this.digest = digest;
    const after = this.activeKeys.fingerprints();
    const { added, removed } = compareKeys(before, after);
    logger.info({ added, removed }, 'the keys file has changed and was reloaded');
    onChange?.({ added, removed, digest });
  }
}

/** @param before and after from `ActiveKeys.fingerprints` */
export function compareKeys(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Pick<KeyChange, 'added' | 'removed'> {
  const onlyIn = (some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>) =>
    [...some].filter(([name, fingerprint]) => others.get(name) !== fingerprint).map(([name]) => name);
  return { added: onlyIn(after, before), removed: onlyIn(before, after) };
}
