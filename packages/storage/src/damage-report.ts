import { ObjectCorruptError, ObjectUnreadableError } from './errors';

const MAX_REMEMBERED = 10_000;

interface Log {
  warn: (ids: object, message: string) => void;
  error: (ids: object, message: string) => void;
}

/**
 * Reports what a pass over many objects could not handle, so that one item does not keep the others waiting: a damaged or
 * unreadable object as an alarm that is counted, anything else as a warning. Each once in a process, however often it is met. Ids only.
 */
export class DamageReport {
  private readonly reported = new Set<string>();

  constructor(
    private readonly logger: Log,
    private readonly onDamaged: () => void,
  ) {}

  /** @param item for example its key; the same item and kind of error are reported once */
  report(item: string, error: unknown, ids: Record<string, unknown> = {}): void {
    const name = `${item} ${error instanceof Error ? error.name : ''}`;
    if (this.reported.has(name)) return;
    if (this.reported.size >= MAX_REMEMBERED) this.reported.clear();
    this.reported.add(name);
    const isUnreadable = error instanceof ObjectUnreadableError;
    if (!isUnreadable && !(error instanceof ObjectCorruptError)) return this.logger.warn({ ...ids, item, err: error }, 'skipped; others go on');
    this.onDamaged();
    if (isUnreadable) return this.logger.error({ ...ids, item, err: error, alarm: 'object-unreadable' }, 'ALARM: a stored object cannot be read; others go on');
    this.logger.error({ ...ids, item, err: error, alarm: 'object-corrupt' }, 'ALARM: a stored object is damaged');
  }
}
