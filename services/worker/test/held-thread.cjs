const { getEnvironmentData } = require('node:worker_threads');
const { default: run } = require('../dist/scoring/thread.js');

const hold = new Int32Array(getEnvironmentData('hold'));

/** A scoring thread that reports its start and blocks until the test releases it (see thread-hold.ts). */
module.exports = (task) => {
  Atomics.store(hold, 0, 1);
  Atomics.wait(hold, 1, 0);
  return run(task);
};
