import type { ReviewedItem } from './types';

export function predictionPath(id: string): string {
  return `/v1/predictions/${encodeURIComponent(id)}`;
}

export function batchPath(id: string): string {
  return `/v1/batches/${encodeURIComponent(id)}`;
}

export function rowPath(id: string, row: number): string {
  return `${batchPath(id)}/rows/${row}`;
}

export function reviewsPath(reviewed: ReviewedItem): string {
  const path = 'row' in reviewed ? rowPath(reviewed.batch_id, reviewed.row) : predictionPath(reviewed.prediction_id);
  return `${path}/reviews`;
}

export function profilePath(name: string): string {
  return `/v1/import-profiles/${encodeURIComponent(name)}`;
}

/** @param name `own/NAME` for an own model of the tenant */
export function modelPath(name: string): string {
  return name.startsWith('own/')
    ? `/v1/models/own/${encodeURIComponent(name.slice('own/'.length))}`
    : `/v1/models/${encodeURIComponent(name)}`;
}

export function versionPath(name: string, version: string): string {
  return `${modelPath(name)}/versions/${encodeURIComponent(version)}`;
}

export function confirmationPath(id: string): string {
  return `/v1/confirmations/${encodeURIComponent(id)}`;
}

export function trainingPath(id: string): string {
  return `/v1/trainings/${encodeURIComponent(id)}`;
}
