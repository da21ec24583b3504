import type { OperatingPoint, Settings } from '@cytoqueue/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { client, noRetryClient } from '../api/clients';
import { DEFAULTS_KEY, useModels } from '../models/model-queries';
import { modelLabel, modelReference } from '../models/model-reference';
import { operatingPointLabels } from '../models/operating-points';
import { Button } from '../ui/button';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { Notice } from '../ui/notice';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { SelectField } from '../ui/select-field';

const SETTINGS_KEY = ['settings'] as const;

/** The laboratory's default model version and threshold. */
export function SettingsPage() {
  usePageTitle('Settings');
  const { data, error, refetch } = useQuery({
    queryKey: SETTINGS_KEY,
    queryFn: ({ signal }) => noRetryClient.settings({ signal }),
  });
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Settings</h1>
          <p className="lead">They apply to records and files of your laboratory that name no model or threshold.</p>
        </div>
        <div className="actions">
          <Link to="/api-keys" className="button">
            API keys
          </Link>
          <Link to="/import-profiles" className="button">
            Import profiles
          </Link>
        </div>
      </header>
      {error !== null && (
        <ErrorNotice error={error} what="The settings could not be loaded." onRetry={() => void refetch()} />
      )}
      {data === undefined ? error === null && <Loading /> : <SettingsForm stored={data} />}
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
  return (
    <Panel
      title="Model and threshold"
      lead="Pin the version that your laboratory has validated. A change of the version in use then does not affect your results."
    >
      <form className="stack" onSubmit={submit}>
        <div className="fields">
          <SelectField
            label="Model version"
            value={pinned ?? ''}
            onChange={(model) => change({ default_model: model === '' ? null : model })}
          >
            <option value="">Not pinned: the version in use</option>
            {[...new Set([...offered, ...(pinned === null ? [] : [pinned])])].map((model) => (
              <option key={model} value={model}>
                {modelLabel(model)}
              </option>
            ))}
          </SelectField>
          <SelectField
            label="Threshold for malignant"
            value={settings.operating_point}
            onChange={(point) => change({ operating_point: point as OperatingPoint })}
          >
            {Object.entries(operatingPointLabels('malignant')).map(([point, label]) => (
              <option key={point} value={point}>
                {label}
              </option>
            ))}
          </SelectField>
        </div>
        {save.isError && <ErrorNotice error={save.error} what="The settings were not saved." />}
        {save.isSuccess && <Notice tone="success">Saved. All servers use the settings within ten seconds.</Notice>}
        <div className="actions">
          <Button type="submit" variant="primary" isPending={save.isPending}>
            Save settings
          </Button>
        </div>
      </form>
    </Panel>
  );
}
