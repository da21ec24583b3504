#!/bin/sh
# Installs the tools of this folder when its lock file changed.
set -eu
tools=$(cd "$(dirname "$0")" && pwd)
cmp -s "$tools/package-lock.json" "$tools/node_modules/.installed-lock.json" && exit
npm ci --prefix "$tools" --ignore-scripts >&2
cp "$tools/package-lock.json" "$tools/node_modules/.installed-lock.json"
