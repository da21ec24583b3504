import type { Feature } from '@cytoqueue/client';

/** A feature's title; some evidence is by quantity, of which a feature is a statistic. */
export function featureTitle(name: string, features: readonly Feature[]): string {
  return features.find((feature) => feature.name === name)?.title ?? capitalize(name.replaceAll('_', ' '));
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
