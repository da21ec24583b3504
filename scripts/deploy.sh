#!/bin/sh
# scripts/deploy.sh [--dry-run] ENVIRONMENT      (minimal or production; see ecs/README.md)
#
# From a commit to a running, tried deployment: foundation, images by digest, models, keys, services, smoke test. Every step
# looks at what is there and does what is missing, so it can be stopped anywhere and started again.
#
#   AWS_REGION        where to
#   CERTIFICATE_ARN   of the public address, in that region's Certificate Manager
#   DOMAIN_NAME       the name that the certificate is for
#   CPU_ARCHITECTURE  X86_64 (default) or ARM64
#   ALARM_EMAIL       who hears of alarms and the budget
set -eu
cd "$(dirname "$0")/.."
. scripts/deploy-commands.sh

read_arguments "$@"
: "${CERTIFICATE_ARN:?the ARN of the certificate of the public address}"
: "${DOMAIN_NAME:?the name that the certificate is for}"
architecture=${CPU_ARCHITECTURE:-X86_64}
case $architecture in
  X86_64) platform=linux/amd64 ;;
  ARM64) platform=linux/arm64 ;;
  *) fail "CPU_ARCHITECTURE is X86_64 or ARM64, not $architecture" ;;
esac
revision=$(git rev-parse HEAD)
[ -z "$(git status --porcelain)" ] || [ -n "$dry_run" ] || fail 'the checkout has changes that are not committed: the image would not be that of its commit'

# cdk VERB STACK …: the same context each time, or a stack would change with who deploys it.
cdk() {
  run_in ecs npx cdk "$@" --no-notices --output "cdk.out/$environment" --context "environment=$environment" \
    --context "cpuArchitecture=$architecture" --context "alarmEmail=${ALARM_EMAIL:-}"
}

digest_of() {
  ask "digest-of-$1" aws ecr describe-images --repository-name "cytoqueue-$environment/$1" --image-ids "imageTag=$revision-$architecture" \
    --query 'imageDetails[0].imageDigest' --output text
}

# A tag cannot be moved, so an image that is there under this commit is this commit's.
push_image() {
  digest=$(digest_of "$1") || digest=
  case $digest in sha256:*) say "the $1 image of this commit is there: $digest"; return ;; esac
  uri=$(output foundation "$2RepositoryUri")
  run docker buildx build --platform "$platform" --provenance=false --file "services/$1/Dockerfile" --build-arg "REVISION=$revision" \
    --build-arg "CREATED=$(git show --no-patch --format=%cI HEAD)" --tag "$uri:$revision-$architecture" --push .
  digest=$(digest_of "$1")
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

step 'Build what deploys'
run npm run --silent build

step 'Account: room for CloudFormation to work in'
account=$(ask account aws sts get-caller-identity --query Account --output text)
cdk bootstrap "aws://$account/$AWS_REGION"

step 'Foundation: key, buckets, secrets, registries'
cdk deploy "$cluster-foundation" --require-approval never

step 'Images, by digest'
sign_in_to_registry "$(output foundation ApiRepositoryUri)"
push_image api Api
api_digest=$digest
push_image worker Worker
worker_digest=$digest

step 'Models: versions that this commit ships and the store lacks; champions stay as they are'
run env "STORAGE_URL=s3://$(output foundation BucketName)" node scripts/dist/models.js list

step 'Keys'
grant_smoke_key

step 'Services: roles, network, Redis, cluster, load balancer, alarms'
cdk deploy "$cluster-services" --exclusively --require-approval never --parameters "ApiImageDigest=$api_digest" \
  --parameters "WorkerImageDigest=$worker_digest" --parameters "CertificateArn=$CERTIFICATE_ARN"

step 'Status: until both services are stable'
run aws ecs wait services-stable --cluster "$cluster" --services "$cluster-api" "$cluster-worker"

step 'Smoke test through the public address'
address=$(output services LoadBalancerDnsName)
run sh scripts/smoke.sh "https://$DOMAIN_NAME" "$DOMAIN_NAME:443:$address:443"

step 'Done'
say "address:   https://$DOMAIN_NAME  (let it be an alias of $address)"
say "dashboard: $(output services DashboardUrl)"
say "images:    api $api_digest, worker $worker_digest"
