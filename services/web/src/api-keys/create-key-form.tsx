import { type CreatedApiKey, type Role, randomHex } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type RefObject, useRef, useState } from 'react';
import { client } from '../api/clients';
import { Button } from '../ui/button';
import { CopyButton } from '../ui/copy-button';
import { ErrorNotice } from '../ui/error-notice';
import { Notice } from '../ui/notice';
import { Panel } from '../ui/panel';
import { SelectField } from '../ui/select-field';
import { TextField } from '../ui/text-field';
import { KEYS_KEY, ROLE_LABELS, keyErrorText } from './key-queries';

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
    <Panel title="Create a key">
      {created !== undefined && <CreatedKey created={created} onClose={() => setCreated(undefined)} />}
      <form className="stack" onSubmit={submit}>
        <div className="fields">
          <TextField
            label="Name (optional)"
            description="For lists and the audit log, for example reader-2."
            value={form.id}
            onChange={(id) => change({ id })}
            pattern="[A-Za-z0-9._\-]{1,64}"
            autoComplete="off"
          />
          <SelectField label="Role" value={form.role} onChange={(role) => change({ role: role as Role })}>
            {Object.entries(ROLE_LABELS).map(([role, label]) => (
              <option key={role} value={role}>
                {label}
              </option>
            ))}
          </SelectField>
          <TextField
            label="Last day (optional)"
            type="date"
            value={form.expiry}
            onChange={(expiry) => change({ expiry })}
            description="The key expires at the end of this day, UTC."
          />
          <TextField
            label="Your own API key"
            type="password"
            value={form.currentKey}
            onChange={(currentKey) => change({ currentKey })}
            isRequired
            autoComplete="current-password"
            description="Asked again, so that an unattended browser creates no keys."
          />
        </div>
        {create.isError && (
          <ErrorNotice error={create.error} what={keyErrorText(create.error, 'The key was not created.')} />
        )}
        <div className="actions">
          <Button type="submit" variant="primary" isPending={create.isPending}>
            Create key
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
        <strong>{`Key ${id} is created.`}</strong>{' '}
        {key === null
          ? 'It was shown in an earlier response and is not stored. Delete it and create another one.'
          : 'Copy it now: it is shown only this once and is not stored.'}
      </p>
      {key !== null && (
        <p>
          <code className="secret" translate="no">
            {key}
          </code>
        </p>
      )}
      <div className="actions">
        {key !== null && (
          <CopyButton
            label="Copy key"
            copiedLabel="Copied"
            text={() => key}
            copiedText="The key is copied."
            failedText="The browser does not allow copying. Select the key above and copy it."
          />
        )}
        <Button variant="quiet" onPress={onClose}>
          Hide
        </Button>
      </div>
    </Notice>
  );
}
