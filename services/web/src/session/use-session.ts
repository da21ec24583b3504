import type { Session } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { isUnauthorized, noRetryClient } from '../api/clients';
import { SESSION_KEY } from '../api/query-client';

/** The session; null when nobody is signed in, undefined while that is not known. */
export function useSession(): Session | null | undefined {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: async ({ signal }) => {
      try {
        return await noRetryClient.session({ signal });
      } catch (error) {
        if (isUnauthorized(error)) return null;
        throw error;
      }
    },
    staleTime: Infinity,
  }).data;
}

export interface Permissions {
  /** Patients' records and batches. */
  records: boolean;
  /** Queue and workers. */
  operations: boolean;
  /** The audit. */
  admin: boolean;
}

export function permissionsOf({ role }: Session): Permissions {
  return { records: role !== 'operator', operations: role !== 'member', admin: role === 'admin' };
}
