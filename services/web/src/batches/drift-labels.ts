import { TEXTS } from './texts';

export function driftCauseText(cause: string | undefined): string {
  return TEXTS.driftCauses[cause ?? ''] ?? TEXTS.unknownDriftCause;
}

/** `bare_nuclei` → `Bare nuclei` */
export function featureLabel(name: string): string {
  return name.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase());
}
