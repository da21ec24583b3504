import { type ReviewBody, type ReviewedItem, randomHex } from '@cytoqueue/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { client, noRetryClient } from '../api/clients';
import { WORKLIST_KEY } from '../api/first-queries';

function reviewsKey(reviewed: ReviewedItem) {
  return ['reviews', reviewed] as const;
}

/** The newest reviews; more than a page of them is not expected. */
export function useReviews(reviewed: ReviewedItem) {
  return useQuery({
    queryKey: reviewsKey(reviewed),
    queryFn: ({ signal }) => noRetryClient.listReviews(reviewed, { limit: 100, signal }),
  });
}

/**
 * Adds a review. Until one is added, the same review is sent with the same key, so that repeats add it once: even a
 * refusal, such as of too many requests, does not tell whether an earlier request whose response was lost added it.
 */
export function useAddReview(reviewed: ReviewedItem, onAdded: () => void) {
  const queryClient = useQueryClient();
  const sent = useRef<{ readonly content: string; readonly idempotencyKey: string }>(undefined);
  return useMutation({
    mutationFn: (review: ReviewBody) => {
      const content = JSON.stringify(review);
      if (sent.current?.content !== content) sent.current = { content, idempotencyKey: randomHex() };
      return client.addReview(reviewed, review, { idempotencyKey: sent.current.idempotencyKey });
    },
    onSuccess: async () => {
      sent.current = undefined;
      onAdded();
      await Promise.all(
        [reviewsKey(reviewed), WORKLIST_KEY].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
      );
    },
  });
}
