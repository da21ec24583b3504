import type { BatchSettings, OperatingPoint } from '@cytoqueue/client';
import { modelLabel, modelReference } from '../../models/model-reference';
import { SelectField } from '../../ui/select-field';
import { useDefaults, useModels, usePositiveClass } from '../../models/model-queries';
import { OperatingPointField } from '../../models/operating-point-field';
import { useImportProfiles } from './import-profiles';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

interface BatchSettingsFormProps {
  settings: BatchSettings;
  onChange: (settings: BatchSettings) => void;
}

export function BatchSettingsForm({ settings, onChange }: BatchSettingsFormProps) {
  const { data: models = [] } = useModels();
  const { data: defaults } = useDefaults();
  const positive = usePositiveClass(settings.model ?? defaults?.model);
  const profiles = useImportProfiles();
  return (
    <details className={`${ui.panel} ${ui.fold}`}>
      <summary>
        {TEXTS.batchSettings.title} <span className={ui.note}>{TEXTS.batchSettings.summary}</span>
      </summary>
      <div className={ui.fields}>
        <SelectField
          label={TEXTS.batchSettings.model}
          value={settings.model ?? ''}
          onChange={(model) => onChange({ ...settings, model: model === '' ? undefined : model })}
        >
          <option value="">{TEXTS.batchSettings.defaultModel}</option>
          {models.flatMap(({ name, versions, champion }) =>
            versions.map((version) => (
              <option key={modelReference({ name, version })} value={modelReference({ name, version })}>
                {version === champion
                  ? TEXTS.batchSettings.inUse(modelLabel({ name, version }))
                  : modelLabel({ name, version })}
              </option>
            )),
          )}
        </SelectField>
        <OperatingPointField
          positive={positive}
          unset={TEXTS.batchSettings.defaultThreshold}
          value={settings.operatingPoint ?? ''}
          onChange={(point) =>
            onChange({ ...settings, operatingPoint: point === '' ? undefined : (point as OperatingPoint) })
          }
        />
        <SelectField
          label={TEXTS.batchSettings.missing}
          value={settings.missing ?? 'partial'}
          onChange={(missing) => onChange({ ...settings, missing: missing as 'partial' | 'reject' })}
        >
          <option value="partial">{TEXTS.batchSettings.scoreMissing}</option>
          <option value="reject">{TEXTS.batchSettings.rejectMissing}</option>
        </SelectField>
        <SelectField
          label={TEXTS.batchSettings.invalid}
          value={settings.onError ?? 'continue'}
          onChange={(onError) => onChange({ ...settings, onError: onError as 'continue' | 'abort' })}
        >
          <option value="continue">{TEXTS.batchSettings.scoreOthers}</option>
          <option value="abort">{TEXTS.batchSettings.failBatch}</option>
        </SelectField>
        <SelectField
          label={TEXTS.batchSettings.warnings}
          value={settings.onWarning ?? 'continue'}
          onChange={(value) => onChange({ ...settings, onWarning: value === 'abort' ? 'abort' : undefined })}
        >
          <option value="continue">{TEXTS.batchSettings.listWarnings}</option>
          <option value="abort">{TEXTS.batchSettings.refuseFile}</option>
        </SelectField>
        <SelectField
          label={TEXTS.batchSettings.evidence}
          value={settings.explain === true ? 'yes' : 'no'}
          onChange={(explain) => onChange({ ...settings, explain: explain === 'yes' ? true : undefined })}
          description={TEXTS.batchSettings.evidenceHelp}
        >
          <option value="no">{TEXTS.batchSettings.no}</option>
          <option value="yes">{TEXTS.batchSettings.yes}</option>
        </SelectField>
        <SelectField
          label={TEXTS.batchSettings.profile}
          value={settings.profile ?? ''}
          onChange={(profile) => onChange({ ...settings, profile: profile === '' ? undefined : profile })}
          description={TEXTS.batchSettings.profileHelp}
        >
          <option value="">{TEXTS.batchSettings.noProfile}</option>
          {profiles.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
        <SelectField
          label={TEXTS.batchSettings.encoding}
          value={settings.charset ?? ''}
          onChange={(charset) => onChange({ ...settings, charset: charset === '' ? undefined : charset })}
        >
          <option value="">{TEXTS.batchSettings.asFound}</option>
          <option value="utf-8">{TEXTS.batchSettings.encodings['utf-8']}</option>
          <option value="windows-1252">{TEXTS.batchSettings.encodings['windows-1252']}</option>
          <option value="windows-1250">{TEXTS.batchSettings.encodings['windows-1250']}</option>
          <option value="utf-16le">{TEXTS.batchSettings.encodings['utf-16le']}</option>
        </SelectField>
      </div>
    </details>
  );
}
