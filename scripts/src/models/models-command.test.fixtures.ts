import { runModelsCommand } from './models-command';

/**
 * Runs the command in this process, because starting it takes longer than most of what it does. @returns its exit status and all that
 * it printed
 */
export async function runModels(dataDir: string, ...args: string[]): Promise<{ status: number; said: string }> {
  const lines: string[] = [];
  const spies = (['log', 'error'] as const).map((name) =>
    jest.spyOn(console, name).mockImplementation((...line: unknown[]) => void lines.push(line.join(' '))),
  );
  try {
    await runModelsCommand({ DATA_DIR: dataDir }, args);
    return { status: Number(process.exitCode ?? 0), said: lines.join('\n') };
  } finally {
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
  }
}
