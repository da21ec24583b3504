import type { Session } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { isSignedOut, reader } from '../api';
import { SESSION_KEY } from '../queries';

/** The session; null when nobody is signed in, undefined while that is not known. */
export function useSession(): Session | null | undefined {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: async ({ signal }) => {
      try {
        return await reader.session({ signal });
      } catch (error) {
        if (isSignedOut(error)) return null;
        throw error;
      }
    },
    staleTime: Infinity,
  }).data;
}

export interface Rights {
  /** Patients' records and batches. */
  records: boolean;
  /** Queue and workers. */
  operations: boolean;
  /** The audit. */
  admin: boolean;
}

export function rightsOf({ role }: Session): Rights {
  return { records: role !== 'operator', operations: role !== 'member', admin: role === 'admin' };
}
