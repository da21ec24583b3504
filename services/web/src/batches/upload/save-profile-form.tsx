import type { ImportProfile } from '@cytoqueue/client';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/error-notice';
import { SelectField } from '../../ui/select-field';
import { TextField } from '../../ui/text-field';
import { useSaveImportProfile } from './import-profiles';

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
    <form className="save-profile stack" onSubmit={submit}>
      <h3>Save as import profile</h3>
      <p className="small muted">
        A profile keeps the columns chosen above and the settings below for the next files of this kind. Your laboratory
        shares it; give it a name without patient data.
      </p>
      <div className="fields">
        <TextField
          label="Profile name"
          value={name}
          onChange={setName}
          isRequired
          pattern={NAME_PATTERN}
          maxLength={64}
          autoComplete="off"
          description={
            existingNames.includes(name)
              ? 'Replaces the profile of this name; batches that used it stay as they are.'
              : 'Letters, digits, dots, hyphens and underscores.'
          }
        />
        <SelectField label="Decimal sign" value={decimal} onChange={(sign) => setDecimal(sign as '' | '.' | ',')}>
          <option value="">As found in each file</option>
          <option value=".">Point (1.5)</option>
          <option value=",">Comma (1,5)</option>
        </SelectField>
        <TextField
          label="Line of the header"
          value={headerLine}
          onChange={setHeaderLine}
          inputMode="numeric"
          pattern="[1-9][0-9]{0,2}"
          description="Leave it empty to find it in each file."
        />
        <TextField
          label="Texts for “not measured”"
          value={missing}
          onChange={setMissing}
          autoComplete="off"
          description="Separated by commas, for example: k.A., -9. Empty cells, ? and NA are known."
        />
      </div>
      {save.isError && <ErrorNotice error={save.error} what="The profile was not saved." />}
      <div className="actions">
        <Button
          type="submit"
          isPending={save.isPending}
          isDisabled={openChoice !== undefined}
          aria-describedby={openChoice === undefined ? undefined : reasonId}
        >
          Save profile and check again
        </Button>
        {openChoice !== undefined && (
          <span id={reasonId} className="small">
            {openChoice}
          </span>
        )}
      </div>
    </form>
  );
}
