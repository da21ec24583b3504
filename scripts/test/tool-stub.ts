/** Digest of every image in the registry. */
export const DIGEST = `sha256:${'a'.repeat(64)}`;
/** Digest of the base image, until a test writes another to `account/base`. */
export const BASE = 'b'.repeat(64);

/**
 * Replaces each tool: records its arguments and, where it matters, stdin, and answers from files below `account/`, which
 * stand for the state of the account. `HANG` names a command that never ends.
 */
export const STUB = `#!/bin/sh
name=\${0##*/}
echo "$name $*" >>"$LOG"
case "$name $*" in *"\${HANG:-no such command}"*) touch "$ACCOUNT/hanging"; exec /bin/sleep 600 ;; esac
case "$name $*" in
  'aws sts get-caller-identity'*) [ ! -e "$ACCOUNT/no-credentials" ] || { echo 'Unable to locate credentials' >&2; exit 253; }; echo 123456789012 ;;
  'aws cloudformation describe-stacks'*TerminationProtection*) [ -e "$ACCOUNT/protected" ] && echo True || echo False ;;
  'aws cloudformation describe-stacks --stack-name cytoqueue-production-services'*Parameter*) name=$(echo "$*" | sed "s/.*ParameterKey=='\\([A-Za-z]*\\)'.*/\\1/"); [ ! -e "$ACCOUNT/kept-$name" ] || cat "$ACCOUNT/kept-$name" ;;
  'aws cloudformation describe-stacks --stack-name cytoqueue-production-services'*Outputs*\\'CpuArch* | 'aws cloudformation describe-stacks --stack-name cytoqueue-production-services'*\\'AlarmEmail* | *\\'DomainName* | *\\'MonthlyBudgetUsd* | *\\'ClusterName*)
    name=$(echo "$*" | sed "s/.*OutputKey=='\\([A-Za-z]*\\)'.*/\\1/"); [ ! -e "$ACCOUNT/kept-$name" ] || cat "$ACCOUNT/kept-$name" ;;
  'aws ec2 describe-availability-zones'*) [ -e "$ACCOUNT/no-region" ] || echo 3 ;;
  'aws acm describe-certificate'*) printf '%s\\tcyto.example,*.lab.example\\n' "$(cat "$ACCOUNT/certificate" 2>/dev/null || echo ISSUED)" ;;
  'aws iam get-role'*) [ -e "$ACCOUNT/no-role" ] || echo arn:role ;;
  'aws service-quotas get-service-quota'*L-3032A538*) cat "$ACCOUNT/vcpus" 2>/dev/null || echo 100.0 ;;
  'aws service-quotas get-service-quota'*) echo 5.0 ;;
  'aws ec2 describe-vpcs'*) cat "$ACCOUNT/vpcs" 2>/dev/null || echo 1 ;;
  'npm run --silent build') [ ! -e "$ACCOUNT/no-build" ] ;;
  'docker buildx inspect'*) cat "$ACCOUNT/builder" 2>/dev/null || printf 'Driver: docker-container\\nPlatforms: linux/amd64, linux/arm64\\n' ;;
  'docker buildx imagetools'*) echo sha256:$(cat "$ACCOUNT/base" 2>/dev/null || echo ${BASE}) ;;
  'curl '*) [ ! -e "$ACCOUNT/not-ready" ] || { echo 'No answer from: redis.'; exit 22; } ;;
  'aws cloudformation describe-stacks'*OutputKey*) echo "$*" | sed "s/.*OutputKey=='\\\\([A-Za-z]*\\\\)'.*/out-\\\\1/" ;;
  'aws cloudformation describe-stacks'*) [ ! -e "$ACCOUNT/gone" ] ;;
  'aws ecr describe-images'*) repository=$(echo "$*" | sed 's/.*production.\\([a-z]*\\) .*/\\1/'); wanted=$(echo "$*" | sed "s/.*starts_with(@, '\\([^']*\\)').*/\\1/")
    touch "$ACCOUNT/image-$repository"; tag=$(grep "^$wanted" "$ACCOUNT/image-$repository" | tail -n 1); [ -n "$tag" ] && printf '%s\\t%s\\n' ${DIGEST} "$tag" || echo None ;;
  'aws ecr get-login-password'*) echo password ;;
  'docker login'*) cat >/dev/null ;;
  'docker buildx build'*) echo "$*" | sed 's/.*--tag [^:]*:\\([^ ]*\\) .*/\\1/' >>"$ACCOUNT/image-$(echo "$*" | sed 's#.*services/\\([a-z]*\\)/.*#\\1#')" ;;
  'aws secretsmanager get-secret-value'*Smoke*) echo smoke-key ;;
  'aws secretsmanager get-secret-value'*) cat "$ACCOUNT/keys.json" ;;
  'aws secretsmanager put-secret-value'*) cat >"$ACCOUNT/keys.json" ;;
  'aws ecs describe-services'*) [ -e "$ACCOUNT/services" ] && echo ACTIVE || exit 255 ;;
  'npx cdk deploy cytoqueue-production-services'*) touch "$ACCOUNT/services" ;;
  'aws s3api list-object-versions'*) [ -e "$ACCOUNT/emptied" ] && echo '{}' || echo '{"Objects": [{"Key": "k", "VersionId": "v"}]}' ;;
  'aws s3api delete-objects'*) touch "$ACCOUNT/emptied" ;;
  'git rev-parse HEAD') echo c0ffee ;;
  'git show'*) echo 2026-11-24T12:00:00Z ;;
esac
`;
