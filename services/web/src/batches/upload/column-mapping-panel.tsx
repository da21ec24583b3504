import type { BatchSettings, ImportProfile, Preflight } from '@cytoqueue/client';
import { useEffect, useState } from 'react';
import { useModelVersion } from '../../models/model-queries';
import { featureTitle } from '../../predictions/result/feature-titles';
import { type ColumnChoices, addToProfile, findMappingFaults } from './column-mapping';
import { ColumnsPanel } from './columns-panel';
import { useImportProfiles } from './import-profiles';
import { SaveProfileForm } from './save-profile-form';
import { TEXTS } from './texts';

interface ColumnMappingPanelProps {
  report: Preflight;
  /** With which the file was checked. */
  settings: BatchSettings;
  onSaved: (name: string) => void;
  /** Told whether columns were chosen that no saved profile holds yet. */
  onUnsavedChoices: (areUnsaved: boolean) => void;
}

/** Columns of the checked file; unmatched ones are mapped by hand and saved as an import profile. */
export function ColumnMappingPanel({ report, settings, onSaved, onUnsavedChoices }: ColumnMappingPanelProps) {
  const { data: version } = useModelVersion(report.model.name, report.model.version);
  const profiles = useImportProfiles();
  const [choices, setChoices] = useState<ColumnChoices>({});
  const areUnsaved = Object.keys(choices).length > 0;
  useEffect(() => onUnsavedChoices(areUnsaved), [areUnsaved, onUnsavedChoices]);
  if (version === undefined) return null;
  const { features } = version;
  const choose = (index: number, use: string | undefined): void =>
    setChoices(({ [index]: _before, ...others }) => (use === undefined ? others : { ...others, [index]: use }));
  const profile = currentProfile(profiles, settings);
  const faults = findMappingFaults(
    report.columns,
    choices,
    features.map(({ name }) => name),
  );
  const isNeeded = !report.accepted || areUnsaved;
  const form = (
    <SaveProfileForm
      // The profile arrives after the first rendering.
      key={profiles.length}
      profile={profile}
      initialName={settings.profile ?? ''}
      existingNames={profiles.map(({ name }) => name)}
      openChoice={openChoiceText(faults, (name) => featureTitle(name, features))}
      withChoices={(before) => addToProfile(before, report.columns, choices)}
      onSaved={onSaved}
    />
  );
  return (
    <ColumnsPanel report={report} features={features} choices={choices} onChoose={choose}>
      {isNeeded ? (
        form
      ) : (
        <details>
          <summary>{TEXTS.columnMapping.saveProfile}</summary>
          {form}
        </details>
      )}
    </ColumnsPanel>
  );
}

/** The profile that is in use, with the sheet and encoding that were chosen for this file. */
function currentProfile(
  profiles: ReturnType<typeof useImportProfiles>,
  { profile: profileName, sheet, charset }: BatchSettings,
): ImportProfile {
  const { name: _name, error: _error, ...profile } = profiles.find(({ name }) => name === profileName) ?? { name: '' };
  return {
    ...profile,
    ...(sheet === undefined ? {} : { sheet }),
    ...(charset === undefined ? {} : { encoding: charset }),
  };
}

function openChoiceText(
  { repeated, missing }: ReturnType<typeof findMappingFaults>,
  title: (name: string) => string,
): string | undefined {
  const [twice] = repeated;
  if (twice !== undefined) {
    const use = { id: TEXTS.columnMapping.reference, label: TEXTS.columnMapping.classColumn }[twice] ?? title(twice);
    return TEXTS.columnMapping.onlyOne(use);
  }
  if (missing.length === 0) return undefined;
  return TEXTS.columnMapping.chooseFirst(missing.slice(0, 3).map(title), missing.length - 3);
}
