import { type ModelVersion, type Prediction, isFullPrediction } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useNavigate } from 'react-router';
import { client } from '../../api/clients';
import { modelReference } from '../../models/model-reference';
import { type Draft, emptyDraft, isEmptyDraft, toFeatures } from './draft';
import type { ChangeDraft } from './draft-context';
import { predictionKey } from '../prediction-queries';

/** The POST waits this long for the result; then the page of the record opens and shows its place in the queue. */
const WAIT_SECONDS = 2;

const NO_CHANGE: Partial<Draft> = {};

/**
 * Submits a draft as a record. Once accepted, the draft is cleared, whatever page is open, but only if it is still the
 * same draft: the next patient's values are never touched.
 */
export function usePredict(draft: Draft, change: ChangeDraft, onError: (error: unknown) => void) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const latestDraft = useRef(draft);
  useEffect(() => {
    latestDraft.current = draft;
  });
  const mutation = useMutation({
    mutationFn: ({ sent, version }: { sent: Draft; version: ModelVersion }) =>
      client.predict(
        {
          features: toFeatures(sent.texts, version.features),
          // The version that the page shows, even if another one has become the champion or the setting since.
          model: modelReference(version),
          ...(sent.operatingPoint === undefined ? {} : { operating_point: sent.operatingPoint }),
          ...(sent.sampleReference.trim() === '' ? {} : { sample_id: sent.sampleReference.trim() }),
        },
        { waitSeconds: WAIT_SECONDS, idempotencyKey: sent.idempotencyKey },
      ),
    // Runs on every page, unlike the callback of `mutate`, which runs only while the form is open.
    onSuccess: async (prediction, { sent }) => {
      // Every change of a draft renews its key, so an equal key means an unchanged draft. Another draft stays as it is.
      change(({ idempotencyKey }) => (idempotencyKey === sent.idempotencyKey ? emptyDraft() : NO_CHANGE));
      // Only a 201 has the whole record. A 202 has its id and status: the page of the record then reads the rest.
      if (isFullPrediction(prediction)) queryClient.setQueryData<Prediction>(predictionKey(prediction.id), prediction);
      // The lists of records. The record that was set above has another query key, so it stays.
      await queryClient.invalidateQueries({ queryKey: ['predictions'] });
    },
    onError,
  });
  /** Opens the page of the record, unless another record is being entered by now. */
  const openRecordPage = ({ id }: { id: string }, { sent }: { sent: Draft }): void => {
    if (latestDraft.current.idempotencyKey === sent.idempotencyKey || isEmptyDraft(latestDraft.current))
      void navigate(`/predictions/${id}`, { state: { justSent: true } });
  };
  return {
    ...mutation,
    send: (version: ModelVersion) => {
      const { idempotencyKey } = draft;
      change((latest) =>
        latest.idempotencyKey === idempotencyKey ? { idempotencyKey, sentVersion: version } : NO_CHANGE,
      );
      mutation.mutate({ sent: draft, version }, { onSuccess: openRecordPage });
    },
  };
}
