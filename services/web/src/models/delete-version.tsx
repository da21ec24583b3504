import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { client } from '../api/clients';
import { useSession } from '../session/use-session';
import { ConfirmButton } from '../ui/confirm-button';
import { ErrorNotice } from '../ui/error-notice';
import { MODELS_KEY } from './model-queries';
import { isOwnModel, modelLabel } from './model-reference';

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
  if (session?.role !== 'admin' || !isOwnModel(name)) return null;
  return (
    <>
      <div className="actions">
        <ConfirmButton
          label="Delete this version"
          title={`Delete ${modelLabel({ name, version })}?`}
          confirm="Delete permanently"
          variant="danger"
          isPending={remove.isPending}
          onConfirm={() => remove.mutate()}
        >
          <p>
            The training rows that it contains are erased with it. Records and files that wait to be scored with it
            fail. This cannot be undone.
          </p>
        </ConfirmButton>
      </div>
      {remove.isError && <ErrorNotice error={remove.error} what="The version was not deleted." />}
    </>
  );
}
