import type { Review, ReviewedItem } from '@cytoqueue/client';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Button } from '../ui/button';
import { ChangeErrorNotice, ErrorNotice } from '../ui/error-notice';
import { formatDateTime } from '../ui/format';
import { Notice } from '../ui/notice';
import { Panel } from '../ui/panel';
import { OTHER_DECISIONS, decisionLabel } from './review-labels';
import { useAddReview, useReviews } from './review-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';
import styles from './reviews.module.css';

interface ReviewsPanelProps {
  reviewed: ReviewedItem;
  /** Classes of the model. */
  labels: readonly string[];
  /** Where to go on after a review. */
  children?: ReactNode;
}

const MAX_NOTE_LENGTH = 2_000;

/** Lists decisions of second readers, newest first, with the form for a further one. Reviews are never changed. */
export function ReviewsPanel({ reviewed, labels, children }: ReviewsPanelProps) {
  const { data, error, refetch } = useReviews(reviewed);
  return (
    <Panel title={TEXTS.title} lead={TEXTS.lead} className={ui.noPrint}>
      {error !== null && <ErrorNotice error={error} what={TEXTS.loadFailed} onRetry={() => void refetch()} />}
      {data !== undefined && data.data.length > 0 && (
        <ul className={styles.reviewList}>
          {data.data.map((review) => (
            <li key={review.id}>
              {'error' in review ? (
                <span className={ui.muted}>{review.error.detail}</span>
              ) : (
                <ReviewText review={review} />
              )}
            </li>
          ))}
        </ul>
      )}
      {data?.data.length === 0 && <p className={ui.muted}>{TEXTS.empty}</p>}
      <ReviewForm reviewed={reviewed} labels={labels} />
      {children}
    </Panel>
  );
}

function ReviewText({ review: { decision, note, key_id, created_at } }: { review: Review }) {
  return (
    <>
      <strong>{decisionLabel(decision)}</strong>{' '}
      <span className={ui.note}>{TEXTS.byKey(<span translate="no">{key_id}</span>, formatDateTime(created_at))}</span>
      {note !== undefined && <p className={ui.small}>{note}</p>}
    </>
  );
}

function ReviewForm({ reviewed, labels }: Omit<ReviewsPanelProps, 'children'>) {
  const [decision, setDecision] = useState<string>();
  const [note, setNote] = useState('');
  const [isAdded, setIsAdded] = useState(false);
  const id = useId();
  const add = useAddReview(reviewed, () => {
    setDecision(undefined);
    setNote('');
    setIsAdded(true);
  });
  const isNoteMissing = decision === 'other' && note.trim() === '';
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (decision === undefined || isNoteMissing || add.isPending) return;
    setIsAdded(false);
    add.mutate({ decision, ...(note.trim() === '' ? {} : { note: note.trim() }) });
  };
  return (
    <form className={ui.stack} onSubmit={submit}>
      <fieldset className={ui.choices}>
        <legend>{TEXTS.decision}</legend>
        {[...labels, ...OTHER_DECISIONS].map((value) => (
          <label key={value} className={ui.choice}>
            <input
              type="radio"
              name={id}
              value={value}
              checked={decision === value}
              onChange={() => setDecision(value)}
            />
            <span>{decisionLabel(value)}</span>
          </label>
        ))}
      </fieldset>
      <div className={ui.field}>
        <label htmlFor={`${id}-note`}>{decision === 'other' ? TEXTS.note : TEXTS.optionalNote}</label>
        <textarea
          id={`${id}-note`}
          className={ui.input}
          rows={2}
          maxLength={MAX_NOTE_LENGTH}
          value={note}
          onChange={({ target }) => setNote(target.value)}
          aria-describedby={`${id}-hint`}
          autoComplete="off"
        />
        <span id={`${id}-hint`} className={ui.note}>
          {TEXTS.noteHelp}
        </span>
      </div>
      {add.isError && <ChangeErrorNotice error={add.error} what={TEXTS.failed} />}
      {isAdded && <Notice tone="success">{TEXTS.recorded}</Notice>}
      <div className={ui.actions}>
        <Button
          type="submit"
          variant="primary"
          isPending={add.isPending}
          isDisabled={decision === undefined || isNoteMissing}
        >
          {TEXTS.submit}
        </Button>
        {isNoteMissing && <span className={ui.small}>{TEXTS.writeNote}</span>}
      </div>
    </form>
  );
}
