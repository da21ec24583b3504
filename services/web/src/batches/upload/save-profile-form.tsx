import type { ImportProfile } from '@cytoqueue/client';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '../../ui/button';
import { ChangeErrorNotice } from '../../ui/error-notice';
import { SelectField } from '../../ui/select-field';
import { TextField } from '../../ui/text-field';
import { useSaveImportProfile } from './import-profiles';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './upload.module.css';

interface SaveProfileFormProps {
  /** The profile that the choices change. */
  profile: ImportProfile;
  initialName: string;
  existingNames: readonly string[];
  /** Names the choice that is still needed; undefined when the choices can be saved. */
  openChoice: string | undefined;
  withChoices: (profile: ImportProfile) => ImportProfile;
  onSaved: (name: string) => void;
}

const NAME_PATTERN = '[A-Za-z0-9_\\-][A-Za-z0-9._\\-]{0,63}';

/** Saves the columns chosen by hand, and how such files are read, under a name. The file is then checked again with it. */
export function SaveProfileForm(props: SaveProfileFormProps) {
  const { profile, initialName, existingNames, openChoice, withChoices, onSaved } = props;
  const [name, setName] = useState(initialName);
  const [decimal, setDecimal] = useState<'' | '.' | ','>(profile.decimal ?? '');
  const [headerLine, setHeaderLine] = useState(profile.header_line?.toString() ?? '');
  const [missing, setMissing] = useState(profile.missing?.join(', ') ?? '');
  const save = useSaveImportProfile(onSaved);
  const reasonId = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (openChoice !== undefined || save.isPending) return;
    const { decimal: _decimal, header_line: _line, missing: _missing, ...others } = withChoices(profile);
    const texts = missing.split(',').map((text) => text.trim());
    save.mutate({
      name,
      profile: {
        ...others,
        ...(decimal === '' ? {} : { decimal }),
        ...(headerLine === '' ? {} : { header_line: Number(headerLine) }),
        ...(missing.trim() === '' ? {} : { missing: texts.filter((text) => text !== '') }),
      },
    });
  };
  return (
    <form className={`${styles.saveProfile} ${ui.stack}`} onSubmit={submit}>
      <h3>{TEXTS.saveProfile.title}</h3>
      <p className={ui.note}>{TEXTS.saveProfile.lead}</p>
      <div className={ui.fields}>
        <TextField
          label={TEXTS.saveProfile.name}
          value={name}
          onChange={setName}
          required
          pattern={NAME_PATTERN}
          maxLength={64}
          autoComplete="off"
          description={existingNames.includes(name) ? TEXTS.saveProfile.replaces : TEXTS.saveProfile.nameHelp}
        />
        <SelectField
          label={TEXTS.saveProfile.decimalSign}
          value={decimal}
          onChange={(sign) => setDecimal(sign as '' | '.' | ',')}
        >
          <option value="">{TEXTS.saveProfile.asFound}</option>
          <option value=".">{TEXTS.saveProfile.point}</option>
          <option value=",">{TEXTS.saveProfile.comma}</option>
        </SelectField>
        <TextField
          label={TEXTS.saveProfile.headerLine}
          value={headerLine}
          onChange={setHeaderLine}
          inputMode="numeric"
          pattern="[1-9][0-9]{0,2}"
          description={TEXTS.saveProfile.headerLineHelp}
        />
        <TextField
          label={TEXTS.saveProfile.missing}
          value={missing}
          onChange={setMissing}
          autoComplete="off"
          description={TEXTS.saveProfile.missingHelp}
        />
      </div>
      {save.isError && <ChangeErrorNotice error={save.error} what={TEXTS.saveProfile.failed} />}
      <div className={ui.actions}>
        <Button
          type="submit"
          isPending={save.isPending}
          isDisabled={openChoice !== undefined}
          aria-describedby={openChoice === undefined ? undefined : reasonId}
        >
          {TEXTS.saveProfile.submit}
        </Button>
        {openChoice !== undefined && (
          <span id={reasonId} className={ui.small}>
            {openChoice}
          </span>
        )}
      </div>
    </form>
  );
}
