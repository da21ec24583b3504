import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { dataBucketName } from '../foundation/data-bucket';
import { METRIC_NAMESPACE, type Settings } from '../settings';

const PULL = ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'];

/**
 * Limits each endpoint, even for foreign credentials inside a task, to this account's principals and this
 * environment's resources. The roles limit access further.
 */
export function interfaceStatements(scope: Construct, settings: Settings) {
  const { environment } = settings;
  const stack = Stack.of(scope);
  const arn = (service: string, path: string): string =>
    `arn:${stack.partition}:${service}:${stack.region}:${stack.account}:${path}`;
  const images = [
    own(stack, ['ecr:GetAuthorizationToken'], ['*']),
    own(stack, PULL, [arn('ecr', `repository/cytoqueue-${environment}/*`)]),
  ];
  return {
    EcrApi: images,
    EcrDocker: images,
    // CloudFormation generates the groups' names, which begin with the stack's name.
    Logs: [own(stack, ['logs:CreateLogStream', 'logs:PutLogEvents'], [arn('logs', `log-group:${stack.stackName}-*`)])],
    Monitoring: [own(stack, ['cloudwatch:PutMetricData'], ['*'], { 'cloudwatch:namespace': METRIC_NAMESPACE })],
    Secrets: [
      own(
        stack,
        ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
        [arn('secretsmanager', `secret:cytoqueue-${environment}/*`)],
      ),
    ],
  };
}

export function s3Statements(scope: Construct, settings: Settings): PolicyStatement[] {
  const stack = Stack.of(scope);
  const bucket = `arn:${stack.partition}:s3:::${dataBucketName(stack, settings)}`;
  return [
    own(stack, ['s3:ListBucket'], [bucket]),
    own(stack, ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:DeleteObject'], [`${bucket}/*`]),
    // Layers of images: Amazon ECR signs these requests, so the principal is not of this account.
    new PolicyStatement({
      principals: [new AnyPrincipal()],
      actions: ['s3:GetObject'],
      resources: [`arn:${stack.partition}:s3:::prod-${stack.region}-starport-layer-bucket/*`],
    }),
  ];
}

function own(
  { account }: Stack,
  actions: string[],
  resources: string[],
  conditions: Record<string, string> = {},
): PolicyStatement {
  return new PolicyStatement({
    principals: [new AnyPrincipal()],
    actions,
    resources,
    conditions: { StringEquals: { 'aws:PrincipalAccount': account, ...conditions } },
  });
}
