interface Globals {
  setInterval: typeof setInterval;
}

/**
 * Notes the intervals that a test file starts, and returns a function that clears them. What a file leaves running, such
 * as a store that is not stopped, would work during the later files of the process, and be counted by their spies.
 */
export function noteIntervals(globals: Globals): () => void {
  const started: NodeJS.Timeout[] = [];
  const { setInterval: start } = globals;
  globals.setInterval = Object.assign((...parameters: Parameters<typeof start>) => {
    const interval = start(...parameters);
    started.push(interval);
    return interval;
  }, start);
  return () => {
    for (const interval of started) clearInterval(interval);
  };
}
