import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../api/clients';
import { ConfirmButton } from '../ui/confirm-button';
import { ErrorNotice } from '../ui/error-notice';
import { TextField } from '../ui/text-field';
import { KEYS_KEY, keyErrorText } from './key-queries';

export function DeleteKeyButton({ id, isOwn }: { id: string; isOwn: boolean }) {
  const queryClient = useQueryClient();
  const [currentKey, setCurrentKey] = useState('');
  const remove = useMutation({
    mutationFn: (ownKey: string) => client.deleteKey(id, { currentKey: ownKey }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: KEYS_KEY }),
  });
  return (
    <>
      <ConfirmButton
        label="Delete"
        title={`Delete key ${id}?`}
        confirm="Delete key"
        variant="danger"
        isPending={remove.isPending}
        isDisabled={currentKey.trim() === ''}
        onConfirm={() => remove.mutate(currentKey.trim())}
        onClose={() => setCurrentKey('')}
      >
        <div className="stack">
          <p>
            {`Its sessions end, and programs that use it are refused within ten seconds. This cannot be undone.${
              isOwn ? ' You are signed in with this key.' : ''
            }`}
          </p>
          <TextField
            label="Your own API key"
            type="password"
            value={currentKey}
            onChange={setCurrentKey}
            autoComplete="current-password"
          />
        </div>
      </ConfirmButton>
      {remove.isError && (
        <ErrorNotice error={remove.error} what={keyErrorText(remove.error, 'The key was not deleted.')} />
      )}
    </>
  );
}
