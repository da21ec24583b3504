import { ClientBase, attachKeyToError } from './client-base';
import type { ListOptions, TrainingOptions } from './method-options';
import { randomHex } from './random-hex';
import { trainingPath } from './resource-paths';
import type { CallOptions } from './transport';
import type { Page, Training, TrainingStatus } from './types';
import { type UploadFile, sendFile } from './upload';

const FINISHED: readonly TrainingStatus[] = ['succeeded', 'failed', 'canceled'];

export function isTrainingFinished({ status }: { status: TrainingStatus }): boolean {
  return FINISHED.includes(status);
}

/** The methods for trainings of own models. All need an admin's key. */
export abstract class TrainingMethods extends ClientBase {
  /**
   * Uploads a labelled file and trains the next version of `own/NAME` on it. Retries when the connection fails; the idempotency
   * key ensures that only one training is created.
   */
  createTraining(
    file: UploadFile,
    { name, schema, label, group, seed, filename, onProgress, signal, ...options }: TrainingOptions,
  ): Promise<Training> {
    const { idempotencyKey = randomHex() } = options;
    const upload = {
      method: 'POST',
      path: '/v1/trainings',
      headers: { 'Idempotency-Key': idempotencyKey },
      fields: {
        name,
        schema: typeof schema === 'string' ? schema : JSON.stringify(schema),
        label,
        group,
        seed: seed?.toString(),
      },
    } as const;
    return attachKeyToError(
      idempotencyKey,
      this.retry(signal, () => sendFile<Training>(this.transport, { ...upload, file, filename, onProgress, signal })),
    );
  }

  getTraining(id: string, { signal }: CallOptions = {}): Promise<Training> {
    return this.transport.json({ path: trainingPath(id), signal });
  }

  listTrainings({ signal, ...query }: Omit<ListOptions<never>, 'status'> = {}): Promise<Page<Training>> {
    return this.transport.json({ path: '/v1/trainings', query, signal });
  }

  /** Yields the training after each change until its final state. */
  trainingEvents(id: string, { signal }: CallOptions = {}): AsyncGenerator<Training> {
    return this.follow<Training>(trainingPath(id), isTrainingFinished, { signal });
  }

  /** Follows the training until its final state. @throws the signal's reason */
  async waitForTraining(
    id: string,
    { onProgress, signal }: CallOptions & { onProgress?: (training: Training) => void } = {},
  ): Promise<Training> {
    for await (const training of this.trainingEvents(id, { signal })) {
      onProgress?.(training);
      if (isTrainingFinished(training)) return training;
    }
    return this.getTraining(id, { signal });
  }

  cancelTraining(id: string, { signal }: CallOptions = {}): Promise<Training> {
    return this.transport.json({ method: 'POST', path: `${trainingPath(id)}/cancel`, signal });
  }

  /** Deletes a finished training with its file. Its version stays, and with it the training rows that it contains. */
  async deleteTraining(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: trainingPath(id), signal });
  }
}
