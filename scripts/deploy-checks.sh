# Read by deploy.sh: looks at everything that would stop a deployment half-way, before anything is changed. Only reads.
# shellcheck shell=sh disable=SC2154

problems=
problem() { problems=yes; say "  problem: $*"; }

# read_only COMMAND…: its answer, or nothing when it fails.
read_only() { "$@" 2>/dev/null || true; }

check_tools() {
  for tool in aws docker git node npm curl; do
    command -v "$tool" >/dev/null 2>&1 || problem "$tool is not on PATH: install it"
  done
  [ -d node_modules ] || problem 'the packages are not installed: npm ci'
  [ -z "$problems" ] || fail 'nothing was changed'
}

check_account_and_region() {
  if ! account=$(aws sts get-caller-identity --query Account --output text 2>&1); then
    problem "aws does not say for which account it works, so nothing else can be checked: $account"
    account='<account>'
    return 1
  fi
  zones=$(read_only aws ec2 describe-availability-zones --query 'length(AvailabilityZones)' --output text)
  case $zones in
    '') problem "the region $AWS_REGION does not exist or is not enabled in account $account" ;;
    [01]) problem "the region $AWS_REGION offers this account $zones zone; the load balancer needs two" ;;
  esac
}

check_certificate() {
  region=$(printf %s "$CERTIFICATE_ARN" | cut -d: -f4)
  if [ "$region" != "$AWS_REGION" ]; then problem "the certificate is of the region $region; a load balancer in $AWS_REGION needs one of its own region"; return; fi
  # shellcheck disable=SC2016 # JMESPath's literal
  found=$(read_only aws acm describe-certificate --certificate-arn "$CERTIFICATE_ARN" --query '[Certificate.Status, join(`,`, Certificate.SubjectAlternativeNames)]' --output text)
  status=$(printf %s "$found" | cut -f1)
  names=,$(printf %s "$found" | cut -f2),
  if [ "$status" != ISSUED ]; then problem "the certificate $CERTIFICATE_ARN is ${status:-not there}, not ISSUED: validate it first"; return; fi
  case $names in
    *",$DOMAIN_NAME,"* | *",*.${DOMAIN_NAME#*.},"*) ;;
    *) problem "the certificate is for ${names#,} and not for $DOMAIN_NAME" ;;
  esac
}

# CloudFormation does not wait for the role that creating a first cluster makes.
check_service_role() {
  [ -n "$(read_only aws iam get-role --role-name AWSServiceRoleForECS --query Role.Arn --output text)" ] ||
    problem 'the service-linked role of Amazon ECS is missing: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com'
}

# An SBOM needs a builder that can attach one; another architecture needs its emulation.
check_builder() {
  builder=$(read_only docker buildx inspect --bootstrap)
  case $builder in
    '') problem 'docker buildx does not answer'; return ;;
    *docker-container* | *kubernetes* | *remote*) ;;
    *) problem 'the builder cannot attach an SBOM: docker buildx create --use --driver docker-container' ;;
  esac
  case $builder in
    *"$platform"*) ;;
    *) problem "the builder does not build for $platform: docker run --privileged --rm tonistiigi/binfmt --install ${platform#linux/}" ;;
  esac
}

quota() { quota_value=$(read_only aws service-quotas get-service-quota --service-code "$1" --quota-code "$2" --query Quota.Value --output text); quota_value=${quota_value%%.*}; }

# A deployment runs every task twice. To begin with: the minimum of each service; in full: the maximum.
check_quotas() {
  case $environment in
    minimal) begin=3 full=9 spot=6 ;;
    *) begin=8 full=36 spot=28 ;;
  esac
  quota fargate L-3032A538
  if [ -z "$quota_value" ]; then say '  the quota of Fargate vCPUs cannot be read: not checked'
  elif [ "$quota_value" -lt "$begin" ]; then problem "the account may run $quota_value Fargate vCPUs; $environment begins with $begin (Service Quotas, L-3032A538)"
  elif [ "$quota_value" -lt "$full" ]; then say "  the account may run $quota_value Fargate vCPUs; scaled out, $environment uses $full"
  fi
  quota fargate L-36FBB829
  [ -z "$quota_value" ] || [ "$quota_value" -ge "$spot" ] || say "  the account may run $quota_value vCPUs on Fargate Spot; scaled out, $environment uses $spot"
  [ -z "$(kept Outputs ClusterName)" ] || return 0
  quota vpc L-F678F1CE
  vpcs=$(read_only aws ec2 describe-vpcs --query 'length(Vpcs)' --output text)
  [ -z "$quota_value" ] || [ -z "$vpcs" ] || [ "$vpcs" -lt "$quota_value" ] || problem "the region has $vpcs VPCs and may have no more (Service Quotas, L-F678F1CE)"
}

check_everything() {
  check_tools
  check_account_and_region || return 0
  check_certificate
  check_service_role
  check_builder
  check_quotas
}
