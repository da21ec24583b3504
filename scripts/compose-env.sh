#!/bin/sh
# Creates .env for docker-compose.yml, readable by its owner only, with random passwords and an API key of
# which the API is given the hash. Changes nothing when .env is there.
set -eu
cd "$(dirname "$0")/.."

if [ -e .env ]; then
  echo '.env is there already; remove it for new secrets' >&2
  exit 0
fi

random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }
sha256() { if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi | cut -c 1-64; }

umask 077
key=cq_$(random)
hash=$(printf %s "$key" | sha256)
cat >.env.new <<END
S3_PASSWORD=$(random)
SESSION_SECRET=$(random)
API_KEYS='{"tenants": [{"id": "local", "keys": [{"id": "local", "sha256": "$hash", "role": "admin", "platform": true}]}]}'
# For you; no container is given it.
LOCAL_API_KEY=$key
END
mv .env.new .env
echo "API key (also in .env): $key"
