import type { OperatingPoint, Settings } from '@cytoqueue/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { client, noRetryClient } from '../api/clients';
import { DEFAULTS_KEY, useModels, usePositiveClass } from '../models/model-queries';
import { modelLabel, modelReference } from '../models/model-reference';
import { OperatingPointField } from '../models/operating-point-field';
import { Button } from '../ui/button';
import { ChangeErrorNotice, ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { Notice } from '../ui/notice';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { SelectField } from '../ui/select-field';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

const SETTINGS_KEY = ['settings'] as const;

/** The laboratory's default model version and threshold. */
export function SettingsPage() {
  usePageTitle(TEXTS.title);
  const { data, error, refetch, isFetchedAfterMount } = useQuery({
    queryKey: SETTINGS_KEY,
    queryFn: ({ signal }) => noRetryClient.settings({ signal }),
  });
  return (
    <div className={ui.page}>
      <header className={ui.pageHead}>
        <div>
          <h1>{TEXTS.title}</h1>
          <p className={ui.lead}>{TEXTS.lead}</p>
        </div>
        <div className={ui.actions}>
          <Link to="/api-keys" className={ui.button}>
            {TEXTS.apiKeys}
          </Link>
          <Link to="/import-profiles" className={ui.button}>
            {TEXTS.importProfiles}
          </Link>
        </div>
      </header>
      {error !== null && <ErrorNotice error={error} what={TEXTS.loadFailed} onRetry={() => void refetch()} />}
      {data === undefined || !isFetchedAfterMount ? (
        error === null && <Loading />
      ) : (
        // The form would keep cached settings that another administrator has changed since.
        <SettingsForm stored={data} />
      )}
    </div>
  );
}

function SettingsForm({ stored }: { stored: Settings }) {
  const { data: models = [] } = useModels();
  const queryClient = useQueryClient();
  const [settings, setSettings] = useState(stored);
  const save = useMutation({
    mutationFn: () => client.replaceSettings(settings),
    onSuccess: async (saved) => {
      queryClient.setQueryData(SETTINGS_KEY, saved);
      await queryClient.invalidateQueries({ queryKey: DEFAULTS_KEY });
    },
  });
  /** Changes settings; the outcome of saving the earlier ones is forgotten. */
  const change = (changed: Partial<Settings>): void => {
    setSettings({ ...settings, ...changed });
    save.reset();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!save.isPending) save.mutate();
  };
  const offered = models.flatMap(({ name, versions }) => versions.map((version) => modelReference({ name, version })));
  const pinned = settings.default_model;
  const positive = usePositiveClass(pinned ?? undefined);
  return (
    <Panel title={TEXTS.modelAndThreshold} lead={TEXTS.pinLead}>
      <form className={ui.stack} onSubmit={submit}>
        <div className={ui.fields}>
          <SelectField
            label={TEXTS.version}
            value={pinned ?? ''}
            onChange={(model) => change({ default_model: model === '' ? null : model })}
          >
            <option value="">{TEXTS.notPinned}</option>
            {[...new Set([...offered, ...(pinned === null ? [] : [pinned])])].map((model) => (
              <option key={model} value={model}>
                {modelLabel(model)}
              </option>
            ))}
          </SelectField>
          <OperatingPointField
            positive={positive}
            value={settings.operating_point}
            onChange={(point) => change({ operating_point: point as OperatingPoint })}
          />
        </div>
        {save.isError && <ChangeErrorNotice error={save.error} what={TEXTS.failed} />}
        {save.isSuccess && <Notice tone="success">{TEXTS.saved}</Notice>}
        <div className={ui.actions}>
          <Button type="submit" variant="primary" isPending={save.isPending}>
            {TEXTS.submit}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
