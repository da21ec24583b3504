#!/bin/sh
# Checks the structure (`structure`) or the prose (`prose`) of the repository. Installs the tools of this folder first when its lock file changed.
set -eu
tools=$(cd "$(dirname "$0")" && pwd)
cd "$tools/../.."
if ! cmp -s "$tools/package-lock.json" "$tools/node_modules/.installed-lock.json"; then
  npm ci --prefix "$tools" --ignore-scripts >&2
  cp "$tools/package-lock.json" "$tools/node_modules/.installed-lock.json"
fi
case "${1:-}" in
  structure)
    exec "$tools/node_modules/.bin/depcruise" --config "$tools/dependency-rules.cjs" packages/*/src services/*/src ecs/src scripts/src test/src
    ;;
  prose)
    shift
    [ $# -gt 0 ] || set -- README.md .github .ci packages services scripts ecs test
    exec "$tools/node_modules/.bin/textlint" --plugin "$tools/source-files.js" --rulesdir "$tools/rules" "$@"
    ;;
  *)
    echo 'usage: run.sh structure | run.sh prose [FILE…]' >&2
    exit 2
    ;;
esac
