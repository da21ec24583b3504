import type { BatchSettings, OperatingPoint } from '@cytoqueue/client';
import { modelLabel, modelReference } from '../../models/model-reference';
import { SelectField } from '../../ui/select-field';
import { useModels } from '../../models/model-queries';
import { operatingPointLabels } from '../../models/operating-points';
import { useImportProfiles } from './import-profiles';

interface BatchSettingsFormProps {
  settings: BatchSettings;
  onChange: (settings: BatchSettings) => void;
}

export function BatchSettingsForm({ settings, onChange }: BatchSettingsFormProps) {
  const { data: models = [] } = useModels();
  const profiles = useImportProfiles();
  return (
    <details className="panel settings">
      <summary>
        Settings <span className="muted small">model, threshold, invalid rows, how the file is read</span>
      </summary>
      <div className="fields">
        <SelectField
          label="Model"
          value={settings.model ?? ''}
          onChange={(model) => onChange({ ...settings, model: model === '' ? undefined : model })}
        >
          <option value="">Laboratory’s setting, or else wbc-knn</option>
          {models.flatMap(({ name, versions, champion }) =>
            versions.map((version) => (
              <option key={modelReference({ name, version })} value={modelReference({ name, version })}>
                {modelLabel({ name, version })}
                {version === champion && ' (in use)'}
              </option>
            )),
          )}
        </SelectField>
        <SelectField
          label="Threshold for malignant"
          value={settings.operatingPoint ?? ''}
          onChange={(point) =>
            onChange({ ...settings, operatingPoint: point === '' ? undefined : (point as OperatingPoint) })
          }
        >
          <option value="">Laboratory’s setting</option>
          {Object.entries(operatingPointLabels('malignant')).map(([point, label]) => (
            <option key={point} value={point}>
              {label}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="Rows with missing values"
          value={settings.missing ?? 'partial'}
          onChange={(missing) => onChange({ ...settings, missing: missing as 'partial' | 'reject' })}
        >
          <option value="partial">Score them, and say so in the result</option>
          <option value="reject">Do not score them</option>
        </SelectField>
        <SelectField
          label="If a row is invalid"
          value={settings.onError ?? 'continue'}
          onChange={(onError) => onChange({ ...settings, onError: onError as 'continue' | 'abort' })}
        >
          <option value="continue">Score the others and list the invalid ones</option>
          <option value="abort">Fail the whole batch</option>
        </SelectField>
        <SelectField
          label="Warnings about the file"
          value={settings.onWarning ?? 'continue'}
          onChange={(value) => onChange({ ...settings, onWarning: value === 'abort' ? 'abort' : undefined })}
        >
          <option value="continue">List them and score the file</option>
          <option value="abort">Refuse the file</option>
        </SelectField>
        <SelectField
          label="Evidence for every row"
          value={settings.explain === true ? 'yes' : 'no'}
          onChange={(explain) => onChange({ ...settings, explain: explain === 'yes' ? true : undefined })}
          description="As further columns; for files of up to 10,000 rows."
        >
          <option value="no">No</option>
          <option value="yes">Yes</option>
        </SelectField>
        <SelectField
          label="Import profile"
          value={settings.profile ?? ''}
          onChange={(profile) => onChange({ ...settings, profile: profile === '' ? undefined : profile })}
          description="How files of this kind are read. A profile is saved below, beside the columns of a checked file."
        >
          <option value="">None</option>
          {profiles.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="Encoding of a text file"
          value={settings.charset ?? ''}
          onChange={(charset) => onChange({ ...settings, charset: charset === '' ? undefined : charset })}
        >
          <option value="">As found in the file</option>
          <option value="utf-8">UTF-8</option>
          <option value="windows-1252">Windows-1252 (Western European)</option>
          <option value="windows-1250">Windows-1250 (Central European)</option>
          <option value="utf-16le">UTF-16</option>
        </SelectField>
      </div>
    </details>
  );
}
