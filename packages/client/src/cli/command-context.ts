import type { CytoqueueClient } from '../cytoqueue-client';
import type { Options } from './arguments';
import type { Terminal } from './terminal';

export interface CommandContext {
  client: CytoqueueClient;
  terminal: Terminal;
  operands: string[];
  options: Options;
  signal: AbortSignal;
}
