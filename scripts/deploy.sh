#!/bin/sh
# scripts/deploy.sh [--dry-run] [--rebuild] ENVIRONMENT      (minimal or production; see ecs/README.md)
#
# From a commit to a running, tried deployment: checks, foundation, images by digest, models, keys, services, smoke test. Every
# step looks at what is there and does what is missing, so it can be stopped anywhere and started again.
# --dry-run checks, shows what would change, and changes nothing. --rebuild builds this commit again when its base has changed.
#
#   AWS_REGION          where to
#   CERTIFICATE_ARN     of the public address, in that region's Certificate Manager
#   DOMAIN_NAME         the name that the certificate is for
#   CPU_ARCHITECTURE    X86_64 (default) or ARM64
#   ALARM_EMAIL         the address that alarms and the budget are mailed to; `none` removes it
#   MONTHLY_BUDGET_USD  a warning comes at four fifths
#   NODE_IMAGE          base of both images (default node:24-bookworm-slim)
# All but the region and NODE_IMAGE keep the value of the last deployment when they are not given.
set -eu
cd "$(dirname "$0")/.."
. scripts/deploy-commands.sh
. scripts/deploy-checks.sh

read_arguments "$@"
CERTIFICATE_ARN=${CERTIFICATE_ARN:-$(kept Parameters CertificateArn)}
DOMAIN_NAME=${DOMAIN_NAME:-$(kept Outputs DomainName)}
: "${CERTIFICATE_ARN:?set it to the ARN of the certificate of the public address}"
: "${DOMAIN_NAME:?set it to the name that the certificate is for}"
architecture=${CPU_ARCHITECTURE:-$(kept Outputs CpuArchitecture)}
architecture=${architecture:-X86_64}
alarm_email=${ALARM_EMAIL:-$(kept Outputs AlarmEmail)}
[ "$alarm_email" != none ] || alarm_email=
budget=${MONTHLY_BUDGET_USD:-$(kept Outputs MonthlyBudgetUsd)}
case $architecture in
  X86_64) platform=linux/amd64 ;;
  ARM64) platform=linux/arm64 ;;
  *) fail "CPU_ARCHITECTURE is X86_64 or ARM64, not $architecture" ;;
esac
revision=$(git rev-parse HEAD)
[ -z "$(git status --porcelain)" ] || [ -n "$dry_run" ] || fail 'the checkout has changes that are not committed: the image would not be that of its commit'
node_image=
base_digest=
if is_protected foundation; then protected=true; else protected=false; fi

# cdk VERB STACK …: the same context each time, or a stack would change with who deploys it.
cdk() {
  run_in ecs npx cdk "$@" --no-notices --output "cdk.out/$environment" --context "environment=$environment" \
    --context "cpuArchitecture=$architecture" --context "alarmEmail=$alarm_email" --context "domainName=$DOMAIN_NAME" \
    --context "nodeImage=$node_image" --context "protected=$protected" ${budget:+--context "monthlyBudgetUsd=$budget"}
}

# deploy_stack NAME …: with --dry-run what it would change, as CDK tells it without touching the account.
deploy_stack() {
  stack=$1
  shift
  [ -z "$dry_run" ] || (dry_run='' && cdk diff "$cluster-$stack" --method=template) || say "cdk diff failed: what would change is not known"
  cdk deploy "$cluster-$stack" --require-approval never "$@"
}

# The base by digest: images of a tag change, and what was built must be known.
resolve_base() {
  [ -z "$base_digest" ] || return 0
  given=${NODE_IMAGE:-node:24-bookworm-slim}
  case $given in
    *@sha256:*) base_digest=${given#*@} ;;
    *) base_digest=$(ask sha256:base docker buildx imagetools inspect "$given" --format '{{.Manifest.Digest}}') ;;
  esac
  base_name=${given%%@*}
}

# The newest image of this commit; with --rebuild only one on today's base. Its tag names commit, architecture and base.
find_image() {
  prefix=$revision-$architecture
  [ -z "$rebuild" ] || prefix=$prefix-${base_digest#sha256:}
  ask "digest-of-$1" aws ecr describe-images --repository-name "cytoqueue-$environment/$1" --filter tagStatus=TAGGED \
    --query "sort_by(imageDetails[?imageTags[?starts_with(@, '$prefix')]], &imagePushedAt)[-1].[imageDigest, imageTags[0]]" --output text
}

# A tag cannot be moved, so an image that is there under this commit is this commit's.
push_image() {
  [ -z "$rebuild" ] || resolve_base
  found=$(find_image "$1") || found=
  case $found in
    sha256:*) say "the $1 image of this commit is there: $found" ;;
    *)
      resolve_base
      uri=$(output foundation "$2RepositoryUri")
      run docker buildx build --platform "$platform" --provenance=false --sbom=true --file "services/$1/Dockerfile" \
        --build-arg "NODE_IMAGE=$base_name@$base_digest" --build-arg "REVISION=$revision" \
        --build-arg "CREATED=$(git show --no-patch --format=%cI HEAD)" --tag "$uri:$revision-$architecture-${base_digest#sha256:}" --push .
      found=$(find_image "$1") ;;
  esac
  digest=$(printf %s "$found" | cut -f1)
  case $found in *"$architecture"-*) node_image=sha256:${found##*-} ;; *) node_image=$base_digest ;; esac
}

sign_in_to_registry() {
  registry=${1%%/*}
  say "+ aws ecr get-login-password | docker login --username AWS --password-stdin $registry"
  [ -n "$dry_run" ] || aws ecr get-login-password | docker login --username AWS --password-stdin "$registry" >/dev/null
}

# The smoke test's key was made by Secrets Manager; the API is given its hash. No secret is printed or an argument of a command.
grant_smoke_key() {
  api_keys=$(output foundation ApiKeysSecretArn)
  smoke_key=$(output foundation SmokeKeySecretArn)
  say "+ SMOKE_KEY=\$(aws secretsmanager get-secret-value --secret-id $smoke_key --query SecretString --output text)"
  say "+ aws secretsmanager get-secret-value --secret-id $api_keys --query SecretString --output text | node scripts/smoke-tenant.js"
  say "+ aws secretsmanager put-secret-value --secret-id $api_keys --secret-string file:///dev/stdin   (only when the hash is not there)"
  if [ -n "$dry_run" ]; then restart_api; return; fi
  SMOKE_KEY=$(secret "$smoke_key")
  export SMOKE_KEY
  keys=$(secret "$api_keys" | node scripts/smoke-tenant.js)
  [ -n "$keys" ] || return 0
  printf %s "$keys" | aws secretsmanager put-secret-value --secret-id "$api_keys" --secret-string file:///dev/stdin >/dev/null
  status=$(aws ecs describe-services --cluster "$cluster" --services "$cluster-api" --query 'services[0].status' --output text 2>/dev/null) || return 0
  [ "$status" != ACTIVE ] || restart_api
}

# Tasks read their secrets when they start.
restart_api() {
  run aws ecs update-service --cluster "$cluster" --service "$cluster-api" --force-new-deployment --query service.status --output text
}

# deploy_services API-DIGEST WORKER-DIGEST
deploy_services() {
  deploy_stack services --exclusively --parameters "ApiImageDigest=$1" --parameters "WorkerImageDigest=$2" --parameters "CertificateArn=$CERTIFICATE_ARN"
  run aws ecs wait services-stable --cluster "$cluster" --services "$cluster-api" "$cluster-worker"
}

# Each request is a connection of its own, which the load balancer gives to the next task: all of them must be ready.
watch_ready() {
  run curl --silent --show-error --fail-with-body --max-time 20 --connect-to "$DOMAIN_NAME:443:$address:443" "https://$DOMAIN_NAME/health/ready" || return 1
}
until_ready() {
  ready=0 tries=0
  until [ "$ready" -eq 10 ]; do
    tries=$((tries + 1))
    if watch_ready >&2; then ready=$((ready + 1)); else ready=0; sleep 5; fi
    [ -z "$dry_run" ] || return 0
    [ "$tries" -lt 60 ] || return 1
  done
}

# give_up REASON: the images that ran before are deployed again, if they were others.
give_up() {
  if [ -n "$previous_api$previous_worker" ] && [ "$previous_api $previous_worker" != "$api_digest $worker_digest" ]; then
    step 'Back to the images that ran before'
    deploy_services "$previous_api" "$previous_worker"
    fail "$1: rolled back to the images that ran before"
  fi
  fail "$1: nothing to roll back to; look at the logs, or deploy an earlier commit (ecs/README.md)"
}

step 'Checks: nothing is changed before all of them hold'
check_everything
[ -z "$problems" ] || [ -n "$dry_run" ] || fail 'nothing was changed'

# Builds with --dry-run too, because the built program lists the changes. Writes nothing but this checkout's dist folders.
step 'Build what deploys'
say '+ npm run --silent build'
npm run --silent build >&2 || fail 'the build failed, and nothing was changed'

step 'Account: room for CloudFormation to work in'
cdk bootstrap "aws://$account/$AWS_REGION"

step 'Foundation: key, buckets, secrets, registries'
deploy_stack foundation

step 'Images, by digest'
sign_in_to_registry "$(output foundation ApiRepositoryUri)"
push_image api Api
api_digest=$digest
push_image worker Worker
worker_digest=$digest

step 'Models: versions that this commit ships and the store lacks; champions stay as they are'
run env "STORAGE_URL=s3://$(output foundation BucketName)" node scripts/dist/models/main.js install

step 'Keys'
grant_smoke_key

step 'Services: roles, network, Redis, cluster, load balancer, alarms; until both services are stable'
previous_api=$(kept Parameters ApiImageDigest)
previous_worker=$(kept Parameters WorkerImageDigest)
deploy_services "$api_digest" "$worker_digest"

step 'Ready: every task reaches Redis and the store'
address=$(output services LoadBalancerDnsName)
until_ready || give_up 'not every task is ready'

step 'Smoke test through the public address'
run sh scripts/smoke.sh "https://$DOMAIN_NAME" "$DOMAIN_NAME:443:$address:443" || give_up 'the smoke test failed'

if [ "$environment" = production ]; then
  step 'Protection: what has worked once cannot be deleted in passing'
  for part in foundation services; do run aws cloudformation update-termination-protection --enable-termination-protection --stack-name "$cluster-$part" --query StackId --output text; done
  run aws elbv2 modify-load-balancer-attributes --load-balancer-arn "$(output services LoadBalancerArn)" --attributes Key=deletion_protection.enabled,Value=true --query 'length(Attributes)' --output text
fi

step 'Done'
say "address:   https://$DOMAIN_NAME  (let it be an alias of $address)"
say "dashboard: $(output services DashboardUrl)"
[ -z "$problems" ] || fail 'the problems above would stop a deployment'
