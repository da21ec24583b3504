import { type CreatedApiKey, type Role, randomHex } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type RefObject, useRef, useState } from 'react';
import { client } from '../api/clients';
import { Button } from '../ui/button';
import { CopyButton } from '../ui/copy-button';
import { ChangeErrorNotice } from '../ui/error-notice';
import { Notice } from '../ui/notice';
import { Panel } from '../ui/panel';
import { SelectField } from '../ui/select-field';
import { TextField } from '../ui/text-field';
import { KEYS_KEY, keyErrorText } from './key-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';
import styles from './api-keys.module.css';

const EMPTY = { id: '', role: 'member' as Role, expiry: '', currentKey: '' };

/** Creates a key. The key itself is shown once; the caller's own key is asked for again. */
export function CreateKeyForm() {
  const [form, setForm] = useState(EMPTY);
  const [created, setCreated] = useState<CreatedApiKey>();
  // A changed request must not be sent with the key of one whose response was lost.
  const idempotencyKey = useRef(randomHex());
  const renew = (newForm: typeof EMPTY): void => {
    idempotencyKey.current = randomHex();
    setForm(newForm);
  };
  const create = useCreateKey(idempotencyKey, (key) => {
    renew(EMPTY);
    setCreated(key);
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setCreated(undefined);
    if (!create.isPending) create.mutate(form);
  };
  const change = (part: Partial<typeof EMPTY>): void => {
    create.reset();
    renew({ ...form, ...part });
  };
  return (
    <Panel title={TEXTS.createKeyForm.title}>
      {created !== undefined && <CreatedKey created={created} onClose={() => setCreated(undefined)} />}
      <form className={ui.stack} onSubmit={submit}>
        <div className={ui.fields}>
          <TextField
            label={TEXTS.createKeyForm.name}
            description={TEXTS.createKeyForm.nameHelp}
            value={form.id}
            onChange={(id) => change({ id })}
            pattern="[A-Za-z0-9._\-]{1,64}"
            autoComplete="off"
          />
          <SelectField label={TEXTS.role} value={form.role} onChange={(role) => change({ role: role as Role })}>
            {Object.entries(TEXTS.roles).map(([role, label]) => (
              <option key={role} value={role}>
                {label}
              </option>
            ))}
          </SelectField>
          <TextField
            label={TEXTS.createKeyForm.lastDay}
            type="date"
            value={form.expiry}
            onChange={(expiry) => change({ expiry })}
            description={TEXTS.createKeyForm.lastDayHelp}
          />
          <TextField
            label={TEXTS.ownKey}
            type="password"
            value={form.currentKey}
            onChange={(currentKey) => change({ currentKey })}
            required
            autoComplete="current-password"
            description={TEXTS.createKeyForm.ownKeyHelp}
          />
        </div>
        {create.isError && (
          <ChangeErrorNotice error={create.error} what={keyErrorText(create.error, TEXTS.createKeyForm.failed)} />
        )}
        <div className={ui.actions}>
          <Button type="submit" variant="primary" isPending={create.isPending}>
            {TEXTS.createKeyForm.submit}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function useCreateKey(idempotencyKey: RefObject<string>, onCreated: (key: CreatedApiKey) => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, role, expiry, currentKey }: typeof EMPTY) =>
      client.createKey(
        {
          ...(id.trim() === '' ? {} : { id: id.trim() }),
          role,
          ...(expiry === '' ? {} : { expires_at: `${expiry}T23:59:59Z` }),
          currentKey: currentKey.trim(),
        },
        { idempotencyKey: idempotencyKey.current },
      ),
    // The key that is shown once must not stay in the cache.
    gcTime: 0,
    onSuccess: async (key) => {
      onCreated(key);
      await queryClient.invalidateQueries({ queryKey: KEYS_KEY });
    },
  });
}

function CreatedKey({ created: { id, key }, onClose }: { created: CreatedApiKey; onClose: () => void }) {
  return (
    <Notice tone="success">
      <p>
        <strong>{TEXTS.createKeyForm.isCreated(id)}</strong>{' '}
        {key === null ? TEXTS.createKeyForm.wasShown : TEXTS.createKeyForm.copyNow}
      </p>
      {key !== null && (
        <p>
          <code className={styles.secret} translate="no">
            {key}
          </code>
        </p>
      )}
      <div className={ui.actions}>
        {key !== null && (
          <CopyButton
            label={TEXTS.createKeyForm.copy}
            copiedLabel={TEXTS.createKeyForm.copied}
            text={() => key}
            copiedText={TEXTS.createKeyForm.copiedText}
            failedText={TEXTS.createKeyForm.copyFailed}
          />
        )}
        <Button variant="quiet" onPress={onClose}>
          {TEXTS.createKeyForm.hide}
        </Button>
      </div>
    </Notice>
  );
}
