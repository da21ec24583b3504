import type { Session } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../api/clients';
import { Button } from '../ui/button';
import { announceSessionChange, resetSession } from '../api/query-client';
import { useKeptDraft } from '../predictions/form/draft-context';
import { ThemeButton } from './theme';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';
import styles from './layout.module.css';

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
    <div className={styles.session}>
      <span title={TEXTS.sessionMenu.key(session.key_id)}>
        <span className={ui.visuallyHidden}>{`${TEXTS.sessionMenu.signedInAs} `}</span>
        {session.tenant} <span className={`${ui.muted} ${styles.role}`}>({TEXTS.roles[session.role]})</span>
      </span>
      <ThemeButton />
      <Button variant="quiet" isPending={signOut.isPending} onPress={() => signOut.mutate()}>
        {TEXTS.sessionMenu.signOut}
      </Button>
    </div>
  );
}
