import { ApiError, type Session } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { Navigate, useLocation } from 'react-router';
import { client, errorMessage } from '../api/clients';
import { Button } from '../ui/button';
import { Notice } from '../ui/notice';
import { TextField } from '../ui/text-field';
import { usePageTitle } from '../ui/page-title';
import { announceSessionChange, resetSession } from '../api/query-client';
import { useKeptDraft } from '../predictions/form/draft-context';
import { Wordmark } from '../layout/wordmark';
import { useSession } from './use-session';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';
import { StartPage } from '../layout/start-page';

type Credential = Parameters<typeof client.signIn>[0];

/**
 * Signs in by key or by the one-time token of a link, `/sign-in#token=…`: browsers do not send the fragment to the
 * server.
 */
export function SignInPage() {
  usePageTitle(TEXTS.title);
  const session = useSession();
  const { state } = useLocation() as { state: { from?: string } | null };
  const [key, setKey] = useState('');
  const signIn = useSignIn();
  const hasEnded = useKeptDraft().current !== undefined;
  useSignInTokenFromUrl(signIn.mutate);
  if (session) return <Navigate to={state?.from ?? '/'} replace />;

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    // Enter submits a form with one field even while its button is disabled.
    if (key.trim() !== '' && !signIn.isPending) signIn.mutate({ api_key: key.trim() });
  };
  return (
    <StartPage>
      <Wordmark />
      <h1>{TEXTS.title}</h1>
      <p className={ui.muted}>{TEXTS.lead}</p>
      {hasEnded && <Notice tone="info">{TEXTS.hasEnded}</Notice>}
      {signIn.isError && <Notice tone="error">{signInError(signIn.error, signIn.variables)}</Notice>}
      <form onSubmit={submit} className={ui.stack}>
        <TextField
          label={TEXTS.key}
          type="password"
          autoComplete="current-password"
          value={key}
          onChange={setKey}
          required
          autoFocus
        />
        <Button type="submit" variant="primary" isPending={signIn.isPending}>
          {TEXTS.title}
        </Button>
      </form>
      <p className={ui.note}>{TEXTS.ownMachine}</p>
      <p className={ui.note}>{TEXTS.forResearch}</p>
    </StartPage>
  );
}

function useSignIn() {
  const queryClient = useQueryClient();
  return useMutation<Session, unknown, Credential>({
    mutationFn: (credential) => client.signIn(credential),
    onSuccess: (session) => {
      resetSession(queryClient, session);
      announceSessionChange('signed-in');
    },
  });
}

/** Removes the token from the address at once, so that a reload or bookmark cannot repeat it. */
function useSignInTokenFromUrl(signIn: (credential: Credential) => void): void {
  const { hash } = useLocation();
  useEffect(() => {
    const token = new URLSearchParams(window.location.hash.slice(1)).get('token');
    if (token === null) return;
    window.history.replaceState(window.history.state, '', window.location.pathname);
    signIn({ token });
  }, [hash, signIn]);
}

function signInError(error: unknown, credential: Credential | undefined): string {
  if (!(error instanceof ApiError) || error.status !== 401) return errorMessage(error);
  if (credential !== undefined && 'token' in credential) return TEXTS.linkUsed;
  return TEXTS.keyUnknown;
}
