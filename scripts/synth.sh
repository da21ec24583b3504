#!/bin/sh
# npm run synth: both environments to CloudFormation templates in ecs/cdk.out, offline and without an account. Fails on what
# CDK's validator (strict), the rule packs AwsSolutions and HIPAA, or cfn-lint (where it is installed) find.
set -eu
cd "$(dirname "$0")/../ecs"
export CDK_DISABLE_CLI_TELEMETRY=1

for environment in minimal production; do
  rm -rf "cdk.out/$environment"
  npx cdk synth --quiet --no-notices --context "environment=$environment" --output "cdk.out/$environment"
done
if command -v cfn-lint >/dev/null 2>&1; then
  cfn-lint --regions eu-central-1 us-east-1 --template cdk.out/*/*.template.json
  echo 'cfn-lint: no findings'
else
  echo 'cfn-lint is not installed (pip install cfn-lint): not run'
fi
