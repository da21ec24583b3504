import { ApiError, type ModelSummary, type PromotionOptions } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../api/clients';
import { ConfirmButton } from '../ui/confirm-button';
import { ChangeErrorNotice } from '../ui/error-notice';
import { SelectField } from '../ui/select-field';
import { DEFAULTS_KEY, MODELS_KEY } from './model-queries';
import { isOwnModel, modelLabel } from './model-reference';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

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
    <div className={ui.stack}>
      <div className={ui.fields}>
        <SelectField label={TEXTS.championActions.version} value={version} onChange={setChosen}>
          {others.map((other) => (
            <option key={other}>{other}</option>
          ))}
        </SelectField>
      </div>
      <div className={ui.actions}>
        <ConfirmButton
          label={TEXTS.championActions.promote(version)}
          title={TEXTS.championActions.promoteTitle(modelLabel({ name, version }))}
          confirm={TEXTS.championActions.promoteConfirm}
          isPending={promote.isPending}
          onConfirm={() => promote.mutate({ version })}
        >
          <p>
            {isOwnModel(name) ? TEXTS.championActions.promoteOwn(name) : TEXTS.championActions.promoteShared}{' '}
            {champion !== null && TEXTS.championActions.staysAvailable(champion)}
          </p>
        </ConfirmButton>
        {previous !== undefined && (
          <ConfirmButton
            label={TEXTS.championActions.rollBack(previous.version)}
            title={TEXTS.championActions.rollBackTitle(modelLabel({ name, version: previous.version }))}
            confirm={TEXTS.championActions.rollBackConfirm}
            isPending={rollBack.isPending}
            onConfirm={() => rollBack.mutate()}
          >
            <p>{TEXTS.championActions.rollBackText(champion)}</p>
          </ConfirmButton>
        )}
      </div>
      {failure !== undefined && <ChangeErrorNotice error={failure.error} what={TEXTS.championActions.unchanged} />}
      {refused !== undefined && (
        <div className={ui.actions}>
          <ConfirmButton
            label={TEXTS.championActions.force(refused.version)}
            title={TEXTS.championActions.forceTitle(modelLabel({ name, version: refused.version }))}
            confirm={TEXTS.championActions.promoteConfirm}
            variant="danger"
            isPending={promote.isPending}
            onConfirm={() => promote.mutate(refused)}
          >
            <p>
              {refused.accept_unknown === true ? TEXTS.championActions.notCompared : TEXTS.championActions.findsFewer}
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
