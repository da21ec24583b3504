import { ObjectKeys } from './object-keys';
import { checkName, isName } from './key-parts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export interface ConfirmationChange {
  key: string;
  /** UTC day on which the confirmed prediction or batch was accepted. */
  day: string;
  id: string;
  kind: 'added' | 'deleted';
}

/**
 * Object keys of confirmed diagnoses and of counts by day. They lie outside `tenants/`, because they outlive the predictions:
 *
 *     confirmations/{tenant}/entries/{id}                         one confirmation
 *                            changes/{day}.{id}.added | .deleted  marker: the day's summary does not contain this change yet
 *                            deleted/{id}                         marker: an admin has deleted this entry
 *                            days/{day}/00001.json                summary of a day; see VersionedDocument
 *     scored/{tenant}/{day}.json                                  the answers to the records of a day; see ScoredDay
 */
export class ConfirmationKeys {
  /** All tenants that have confirmed a diagnosis. */
  static readonly folder = 'confirmations/';
  /** All tenants of which records were scored. */
  static readonly scoredFolder = 'scored/';

  static tenantFolder(tenant: string): string {
    return `${ConfirmationKeys.folder}${checkName(tenant, 'tenant')}/`;
  }

  static entriesFolder(tenant: string): string {
    return `${ConfirmationKeys.tenantFolder(tenant)}entries/`;
  }

  static entry(tenant: string, id: string): string {
    return `${ConfirmationKeys.entriesFolder(tenant)}${checkName(id, 'id')}`;
  }

  static deletedFolder(tenant: string): string {
    return `${ConfirmationKeys.tenantFolder(tenant)}deleted/`;
  }

  static deleted(tenant: string, id: string): string {
    return `${ConfirmationKeys.deletedFolder(tenant)}${checkName(id, 'id')}`;
  }

  static changesFolder(tenant: string): string {
    return `${ConfirmationKeys.tenantFolder(tenant)}changes/`;
  }

  static change(tenant: string, { day, id, kind }: Omit<ConfirmationChange, 'key'>): string {
    return `${ConfirmationKeys.changesFolder(tenant)}${checkName(day, 'day')}.${checkName(id, 'id')}.${kind}`;
  }

  /** Undefined for any other key. */
  static parseChange(key: string): ConfirmationChange | undefined {
    const [, day, id, kind] = /\/changes\/([\d-]+)\.([^/.]+)\.(added|deleted)$/.exec(key) ?? [];
    if (day === undefined || id === undefined || !DAY.test(day) || !isName(id)) return undefined;
    return { key, day, id, kind: kind as ConfirmationChange['kind'] };
  }

  static daysFolder(tenant: string): string {
    return `${ConfirmationKeys.tenantFolder(tenant)}days/`;
  }

  /** Versions of a day's summary. */
  static dayFolder(tenant: string, day: string): string {
    return `${ConfirmationKeys.daysFolder(tenant)}${checkName(day, 'day')}/`;
  }

  /** Undefined when the key is no version of a day's summary. */
  static parseDay(tenant: string, key: string): { day: string; version: number } | undefined {
    const day = key.slice(ConfirmationKeys.daysFolder(tenant).length).split('/')[0] as string;
    if (!DAY.test(day)) return undefined;
    const version = ObjectKeys.parseDocumentVersion(ConfirmationKeys.dayFolder(tenant, day), key);
    return version === undefined ? undefined : { day, version };
  }

  static scoredDaysFolder(tenant: string): string {
    return `${ConfirmationKeys.scoredFolder}${checkName(tenant, 'tenant')}/`;
  }

  static scoredDay(tenant: string, day: string): string {
    return `${ConfirmationKeys.scoredDaysFolder(tenant)}${checkName(day, 'day')}.json`;
  }

  /** Undefined for any other key. */
  static parseScoredDay(key: string): string | undefined {
    return /^scored\/[^/]+\/(\d{4}-\d{2}-\d{2})\.json$/.exec(key)?.[1];
  }
}
