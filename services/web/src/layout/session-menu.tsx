import type { Session } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../api/clients';
import { Button } from '../ui/button';
import { announceSessionChange, resetSession } from '../api/query-client';
import { useKeptDraft } from '../predictions/form/draft-context';
import { ThemeButton } from './theme';

export function SessionMenu({ session }: { session: Session }) {
  const queryClient = useQueryClient();
  const kept = useKeptDraft();
  const signOut = useMutation({
    mutationFn: () => client.signOut(),
    onSuccess: () => {
      kept.current = undefined;
      resetSession(queryClient, null);
      announceSessionChange('signed-out');
    },
  });
  return (
    <div className="session">
      <span className="who" title={`Key ${session.key_id}`}>
        <span className="visually-hidden">Signed in as </span>
        {session.tenant} <span className="muted">({session.role})</span>
      </span>
      <ThemeButton />
      <Button variant="quiet" isPending={signOut.isPending} onPress={() => signOut.mutate()}>
        Sign out
      </Button>
    </div>
  );
}
