import type { Session } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/first-queries';

/** The session; null when signed out, undefined while unknown. */
export function useSession(): Session | null | undefined {
  return useSessionQuery().data;
}

export function useSessionQuery() {
  return useQuery<Session | null>(sessionQuery);
}

export interface Permissions {
  /** May read patients' records and batches. */
  records: boolean;
  /** May see queue and workers. */
  operations: boolean;
  /** May read the audit log and change settings. */
  admin: boolean;
}

export function permissionsOf({ role }: Session): Permissions {
  return { records: role !== 'operator', operations: role !== 'member', admin: role === 'admin' };
}
