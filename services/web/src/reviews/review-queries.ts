import { type ReviewBody, type ReviewedItem, mayHaveSucceeded, randomHex } from '@cytoqueue/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { client, noRetryClient } from '../api/clients';

export const WORKLIST_KEY = ['worklist'] as const;

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

/** Adds a review. A request repeated after a lost response has the same key, so that it adds one review. */
export function useAddReview(reviewed: ReviewedItem, onAdded: () => void) {
  const queryClient = useQueryClient();
  const key = useRef(randomHex());
  return useMutation({
    mutationFn: (review: ReviewBody) => client.addReview(reviewed, review, { idempotencyKey: key.current }),
    onSettled: (_review, error) => {
      if (!mayHaveSucceeded(error)) key.current = randomHex();
    },
    onSuccess: async () => {
      onAdded();
      await Promise.all(
        [reviewsKey(reviewed), WORKLIST_KEY].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
      );
    },
  });
}
