import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import type { Session } from '@cytoqueue/client';
import { noRetryClient } from '../api/clients';
import { SESSION_KEY, listenForSessionChanges, resetSession } from '../api/query-client';
import { useKeptDraft } from '../predictions/form/draft-context';

/**
 * Keeps patients' data from the next user of the browser: a sign-in or sign-out in another tab counts in this one too, and a
 * page that the Back button restores stays hidden until its session is known to be the same.
 */
export function SessionGuard({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient();
  const kept = useKeptDraft();
  useEffect(
    () =>
      listenForSessionChanges((change) => {
        // After a sign-in, a draft is given back to its tenant only.
        if (change === 'signed-out') kept.current = undefined;
        resetSession(queryClient, null);
        void queryClient.invalidateQueries({ queryKey: SESSION_KEY });
      }),
    [queryClient, kept],
  );
  useEffect(() => {
    const hide = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) document.body.hidden = true;
    };
    const show = async ({ persisted }: PageTransitionEvent): Promise<void> => {
      if (!persisted) return;
      const before = queryClient.getQueryData<Session | null>(SESSION_KEY);
      const now = await noRetryClient.session().catch(() => null);
      if (now !== null && now.tenant === before?.tenant && now.key_id === before.key_id) document.body.hidden = false;
      else window.location.reload();
    };
    const onShow = (event: PageTransitionEvent): void => void show(event);
    window.addEventListener('pagehide', hide);
    window.addEventListener('pageshow', onShow);
    return () => {
      window.removeEventListener('pagehide', hide);
      window.removeEventListener('pageshow', onShow);
    };
  }, [queryClient]);
  return <>{children}</>;
}
