# Read by deploy.sh and destroy.sh: how commands are run, or only shown.
# shellcheck shell=sh

export CDK_DISABLE_CLI_TELEMETRY=1 AWS_PAGER=

say() { printf '%s\n' "$*" >&2; }
fail() { say "${0##*/}: $*"; exit 1; }
step() { say "" "== $*"; }

# read_arguments [--dry-run] [FLAG…] ENVIRONMENT: sets dry_run, rebuild, yes, data, environment and cluster.
read_arguments() {
  dry_run= rebuild= yes= data= environment=
  for argument in "$@"; do
    case $argument in
      --dry-run) dry_run=yes ;;
      --rebuild) rebuild=yes ;;
      --yes) yes=yes ;;
      --data) data=yes ;;
      minimal | production) environment=$argument ;;
      *) fail "what is $argument? There are --dry-run and the environments minimal and production" ;;
    esac
  done
  [ -n "$environment" ] || fail 'which environment? minimal or production'
  : "${AWS_REGION:?set it to the region to deploy to, such as eu-central-1}"
  export AWS_REGION AWS_DEFAULT_REGION="$AWS_REGION"
  cluster=cytoqueue-$environment
}

# A command as one could type it.
shown() {
  line=
  for word in "$@"; do
    case $word in
      '' | *[!A-Za-z0-9_./:=@,+-]*) word="'$(printf %s "$word" | sed "s/'/'\\\\''/g")'" ;;
    esac
    line="$line $word"
  done
  printf '+%s\n' "$line" >&2
}

run() {
  shown "$@"
  [ -n "$dry_run" ] || "$@"
}

# run_in FOLDER COMMAND…
run_in() {
  folder=$1
  shift
  say "+ cd $folder"
  shown "$@"
  [ -n "$dry_run" ] || (cd "$folder" && "$@")
}

# ask WHAT COMMAND…: a command that only reads. With --dry-run it is shown, and answered with <WHAT> where there is nothing yet.
ask() {
  what=$1
  shift
  [ -n "$dry_run" ] || { "$@"; return; }
  shown "$@"
  answer=$("$@" 2>/dev/null) || answer=
  case $answer in '' | None*) answer="<$what>" ;; esac
  printf '%s\n' "$answer"
}

# output foundation|services NAME: an output of that stack.
output() {
  ask "$2" aws cloudformation describe-stacks --stack-name "$cluster-$1" --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue" --output text
}

# kept Outputs|Parameters NAME: a value of the services as they are deployed; nothing when there are none.
kept() {
  value=$(aws cloudformation describe-stacks --stack-name "$cluster-services" --query "Stacks[0].$1[?${1%s}Key=='$2'].${1%s}Value" --output text 2>/dev/null) || value=
  [ "$value" = None ] || printf %s "$value"
}

is_protected() {
  answer=$(aws cloudformation describe-stacks --stack-name "$cluster-$1" --query 'Stacks[0].EnableTerminationProtection' --output text 2>/dev/null) || answer=
  [ "$answer" = True ]
}

secret() { aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text; }
