import { runCli } from './cli/run-cli';

void runCli(process.argv.slice(2), process.env).then((status) => {
  process.exitCode = status;
});
