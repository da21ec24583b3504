export function predictionPath(id: string): string {
  return `/v1/predictions/${encodeURIComponent(id)}`;
}

export function batchPath(id: string): string {
  return `/v1/batches/${encodeURIComponent(id)}`;
}

export function rowPath(id: string, row: number): string {
  return `${batchPath(id)}/rows/${row}`;
}

export function modelPath(name: string): string {
  return `/v1/models/${encodeURIComponent(name)}`;
}

export function versionPath(name: string, version: string): string {
  return `${modelPath(name)}/versions/${encodeURIComponent(version)}`;
}
