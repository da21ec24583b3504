import { ObjectCorruptError, ObjectUnreadableError } from '@cytoqueue/storage';

const MAX_REPORTED = 10_000;

interface Log {
  warn: (ids: object, message: string) => void;
  error: (ids: object, message: string) => void;
}

/**
 * Reports items that a pass over many objects has skipped, so that one damaged object does not stop the pass. A damaged or
 * unreadable object raises an alarm and is counted; any other error is a warning. Each is reported once per process. Logs
 * contain only ids.
 */
export class DamageReport {
  private readonly reported = new Set<string>();

  constructor(
    private readonly logger: Log,
    private readonly onDamaged: () => void,
  ) {}

  /** @param item for example an object key */
  report(item: string, error: unknown, ids: Record<string, unknown> = {}): void {
    const name = `${item} ${error instanceof Error ? error.name : ''}`;
    if (this.reported.has(name)) return;
    if (this.reported.size >= MAX_REPORTED) this.reported.clear();
    this.reported.add(name);
    const isUnreadable = error instanceof ObjectUnreadableError;
    if (!isUnreadable && !(error instanceof ObjectCorruptError))
      return this.logger.warn({ ...ids, item, err: error }, 'item skipped; the pass continues');
    this.onDamaged();
    if (isUnreadable)
      return this.logger.error(
        { ...ids, item, err: error, alarm: 'object-unreadable' },
        'ALARM: a stored object cannot be read; the pass continues',
      );
    this.logger.error({ ...ids, item, err: error, alarm: 'object-corrupt' }, 'ALARM: a stored object is damaged');
  }
}
