import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { client } from '../api/clients';
import { useSession } from '../session/use-session';
import { ConfirmButton } from '../ui/confirm-button';
import { ChangeErrorNotice } from '../ui/error-notice';
import { MODELS_KEY, useModels } from './model-queries';
import { isOwnModel, modelLabel } from './model-reference';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

/** Lets admins delete a version of an own model with the training rows that it contains. */
export function DeleteVersion({ name, version }: { name: string; version: string }) {
  const session = useSession();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => client.deleteModelVersion(name, version),
    onSuccess: async () => {
      await navigate('/models');
      for (const kind of ['version', 'card', 'evaluation'])
        queryClient.removeQueries({ queryKey: [kind, name, version] });
      await queryClient.invalidateQueries({ queryKey: MODELS_KEY });
    },
  });
  const isInUse = useModels().data?.find((model) => model.name === name)?.champion === version;
  if (session?.role !== 'admin' || !isOwnModel(name)) return null;
  return (
    <>
      <div className={ui.actions}>
        <ConfirmButton
          label={TEXTS.deleteVersion.label}
          title={TEXTS.deleteVersion.title(modelLabel({ name, version }))}
          confirm={TEXTS.deleteVersion.confirm}
          variant="danger"
          isPending={remove.isPending}
          isDisabled={isInUse}
          onConfirm={() => remove.mutate()}
        >
          <p>{isInUse ? TEXTS.deleteVersion.inUse : TEXTS.deleteVersion.text}</p>
        </ConfirmButton>
      </div>
      {remove.isError && <ChangeErrorNotice error={remove.error} what={TEXTS.deleteVersion.failed} />}
    </>
  );
}
