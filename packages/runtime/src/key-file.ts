import { readFile } from 'node:fs/promises';
import { type Logger } from 'pino';
import { hashApiKey, parseApiKeys } from './api-keys';
import { KeyRing } from './key-ring';
import { Periodic } from './periodic';

const LOOK_EVERY_MS = 1_000;

export interface KeyChange {
  /** `tenant/key`, of keys that came or went, or became another key or role under their old name. */
  added: string[];
  removed: string[];
  /** Hex SHA-256 of the file: the same change is the same text for every process. */
  digest: string;
}

export interface KeyFileOptions {
  file: string;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  onChange?: (change: KeyChange) => void;
}

/**
 * Keeps a ring of keys as the file has them. The file is read again every second rather than watched: a second is short
 * enough for a revoked key, and holds for mounted secrets, links and network file systems, where watching does not.
 * A file that cannot be used changes nothing: the keys before stay in force, and an error is logged once.
 */
export class KeyFile {
  private readonly looking: Periodic;
  private digest = '';
  private fault = '';

  private constructor(
    readonly ring: KeyRing,
    private readonly options: KeyFileOptions,
  ) {
    this.looking = new Periodic({ name: 'keys file', everyMs: LOOK_EVERY_MS, turn: () => this.look(), logger: options.logger });
  }

  /** @throws ApiKeysError, or what reading threw: a service does not start without keys */
  static async open(options: KeyFileOptions): Promise<KeyFile> {
    const text = await readFile(options.file, 'utf8');
    const keyFile = new KeyFile(new KeyRing(parseApiKeys(text, options.file)), options);
    keyFile.digest = hashApiKey(text);
    return keyFile;
  }

  start(): void {
    this.looking.start();
  }

  stop(): Promise<void> {
    return this.looking.stop();
  }

  /** Reads the file again when it has changed; called every second once it has started. */
  async look(): Promise<void> {
    const { file, logger } = this.options;
    try {
      const text = await readFile(file, 'utf8');
      const digest = hashApiKey(text);
      if (digest !== this.digest) this.take(text, digest);
      this.fault = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.fault) logger.error({ fault: message }, 'the keys file cannot be used; the keys before stay in force');
      this.fault = message;
    }
  }

  private take(text: string, digest: string): void {
    const { file, logger, onChange } = this.options;
    const before = this.ring.fingerprints();
    this.ring.replace(parseApiKeys(text, file));
    this.digest = digest;
    const after = this.ring.fingerprints();
    const added = [...after].filter(([name, print]) => before.get(name) !== print).map(([name]) => name);
    const removed = [...before].filter(([name, print]) => after.get(name) !== print).map(([name]) => name);
    logger.info({ added, removed }, 'the keys file was read again');
    onChange?.({ added, removed, digest });
  }
}
