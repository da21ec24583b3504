import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../api/clients';
import { ConfirmButton } from '../ui/confirm-button';
import { ChangeErrorNotice } from '../ui/error-notice';
import { TextField } from '../ui/text-field';
import { KEYS_KEY, keyErrorText } from './key-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

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
        label={TEXTS.delete}
        title={TEXTS.deleteKeyButton.title(id)}
        confirm={TEXTS.deleteKeyButton.confirm}
        variant="danger"
        isPending={remove.isPending}
        isDisabled={currentKey.trim() === ''}
        onConfirm={() => remove.mutate(currentKey.trim())}
        onClose={() => setCurrentKey('')}
      >
        <div className={ui.stack}>
          <p>{TEXTS.deleteKeyButton.text(isOwn)}</p>
          <TextField
            label={TEXTS.ownKey}
            type="password"
            value={currentKey}
            onChange={setCurrentKey}
            autoComplete="current-password"
          />
        </div>
      </ConfirmButton>
      {remove.isError && (
        <ChangeErrorNotice error={remove.error} what={keyErrorText(remove.error, TEXTS.deleteKeyButton.failed)} />
      )}
    </>
  );
}
