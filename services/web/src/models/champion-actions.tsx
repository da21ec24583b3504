import { ApiError, type ModelSummary, type PromotionOptions } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../api/clients';
import { ConfirmButton } from '../ui/confirm-button';
import { ErrorNotice } from '../ui/error-notice';
import { SelectField } from '../ui/select-field';
import { DEFAULTS_KEY, MODELS_KEY } from './model-queries';
import { isOwnModel } from './model-reference';

/**
 * Promotes or rolls back a version: of a shared model for all tenants, which needs a platform key, of an own one as an admin.
 * Every change is audited.
 */
export function ChampionActions({ model: { name, versions, champion, history } }: { model: ModelSummary }) {
  const others = versions.filter((version) => version !== champion);
  const [chosen, setChosen] = useState(others.at(-1) ?? '');
  const version = others.includes(chosen) ? chosen : (others.at(-1) ?? '');
  const { promote, rollBack } = useChampionMutations(name);
  const previous = history.findLast((entry) => entry.version !== champion);
  const failure = [promote, rollBack].find(({ isError }) => isError);
  const refused = acceptingPromotion(promote.error, promote.variables);
  if (others.length === 0) return null;
  return (
    <div className="stack">
      <div className="fields">
        <SelectField label="Version to make current" value={version} onChange={setChosen}>
          {others.map((other) => (
            <option key={other}>{other}</option>
          ))}
        </SelectField>
      </div>
      <div className="actions">
        <ConfirmButton
          label={`Make ${version} current`}
          title={`Make ${name} ${version} current?`}
          confirm="Make current"
          isPending={promote.isPending}
          onConfirm={() => promote.mutate({ version })}
        >
          <p>
            {isOwnModel(name)
              ? `It will score every record and file of your laboratory that names ${name} without a version.`
              : 'It will score every record and file that names no other version, for all laboratories.'}
            {champion !== null && ` Version ${champion} stays available for rollback.`}
          </p>
        </ConfirmButton>
        {previous !== undefined && (
          <ConfirmButton
            label={`Go back to ${previous.version}`}
            title={`Go back to ${name} ${previous.version}?`}
            confirm="Go back"
            isPending={rollBack.isPending}
            onConfirm={() => rollBack.mutate()}
          >
            <p>It was in use before {champion} and scores new records and files from now on.</p>
          </ConfirmButton>
        )}
      </div>
      {failure !== undefined && <ErrorNotice error={failure.error} what="The version in use has not changed." />}
      {refused !== undefined && (
        <div className="actions">
          <ConfirmButton
            label={`Make ${refused.version} current nevertheless`}
            title={`Make ${name} ${refused.version} current nevertheless?`}
            confirm="Make current"
            variant="danger"
            isPending={promote.isPending}
            onConfirm={() => promote.mutate(refused)}
          >
            <p>
              {refused.accept_unknown === true
                ? 'It may find fewer malignant records than the version in use: the two were not compared.'
                : 'It finds fewer malignant records than the version in use.'}
            </p>
          </ConfirmButton>
        </div>
      )}
    </div>
  );
}

type Promotion = PromotionOptions & { version: string };

/** The refused promotion with the option that accepts the reason. @returns undefined when it failed for another reason */
function acceptingPromotion(error: Error | null, refused: Promotion | undefined): Promotion | undefined {
  if (!(error instanceof ApiError) || refused === undefined) return undefined;
  if (error.type === 'lower-sensitivity') return { ...refused, accept_lower_sensitivity: true };
  return error.type === 'comparison-missing' ? { ...refused, accept_unknown: true } : undefined;
}

function useChampionMutations(name: string) {
  const queryClient = useQueryClient();
  const refresh = async (): Promise<void> => {
    await Promise.all(
      [MODELS_KEY, DEFAULTS_KEY, ['champion', name], ['audit']].map((queryKey) =>
        queryClient.invalidateQueries({ queryKey }),
      ),
    );
  };
  return {
    promote: useMutation({
      mutationFn: ({ version, ...accepted }: Promotion) => client.promote(name, version, accepted),
      onSuccess: refresh,
    }),
    rollBack: useMutation({ mutationFn: () => client.rollBack(name), onSuccess: refresh }),
  };
}
