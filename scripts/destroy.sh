#!/bin/sh
# scripts/destroy.sh [--dry-run] [--yes] [--data] ENVIRONMENT
#
# Deletes the services; with --data also the foundation with every object, version, image and secret in it. Asks for the
# environment's name first, unless --yes. What is protected (production) is refused: see ecs/README.md.
set -eu
cd "$(dirname "$0")/.."
. scripts/deploy-commands.sh

read_arguments "$@"

exists() { [ -n "$dry_run" ] || aws cloudformation describe-stacks --stack-name "$1" >/dev/null 2>&1; }

destroy() {
  if exists "$1"; then
    run_in ecs npx cdk destroy "$1" --force --exclusively --no-notices --output "cdk.out/$environment" --context "environment=$environment"
  else
    say "$1 is gone already"
  fi
}

# Versions and delete markers too, a thousand at a time, until none is left.
empty_bucket() {
  say "+ every object and version of $1 deleted, by aws s3api list-object-versions and delete-objects"
  [ -z "$dry_run" ] || return 0
  batch=$(mktemp)
  while :; do
    aws s3api list-object-versions --bucket "$1" --max-items 1000 --output json \
      --query '{Objects: [Versions, DeleteMarkers][].{Key: Key, VersionId: VersionId}, Quiet: `true`}' >"$batch"
    grep -q VersionId "$batch" || break
    aws s3api delete-objects --bucket "$1" --delete "file://$batch" >/dev/null
  done
  rm -f "$batch"
}

for part in services foundation; do
  if is_protected "$part"; then fail "$cluster-$part is protected from being deleted: see ecs/README.md"; fi
done
if [ -z "$yes$dry_run" ]; then
  printf 'This deletes %s%s. Type the name of the environment: ' "$cluster" "${data:+ with all its data}" >&2
  read -r typed
  [ "$typed" = "$environment" ] || fail 'nothing was deleted'
fi

step 'Build what deploys'
run npm run --silent build

step 'Services'
destroy "$cluster-services"

if [ -n "$data" ]; then
  step 'Foundation, with its data'
  if exists "$cluster-foundation"; then
    empty_bucket "$(output foundation BucketName)"
    empty_bucket "$(output foundation LogBucketName)"
  fi
  destroy "$cluster-foundation"
else
  say "$cluster-foundation stays, with all data; --data deletes it too"
fi
