import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Fn, Stack } from 'aws-cdk-lib';
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { allowLogDelivery, logGroupArnOf } from '../observability/log-delivery';
import { createLogGroup } from '../observability/log-group';
import type { Settings } from '../settings';

/**
 * Requests per address in five minutes. A lab sends few large requests; polling once per second makes 300 in five
 * minutes.
 */
const REQUESTS_PER_ADDRESS = 6_000;

/**
 * Managed rule groups of AWS. Rules that inspect bodies only count, because bodies here are files of hundreds of
 * megabytes.
 */
const MANAGED_RULES: readonly { readonly name: string; readonly countOnlyRules: readonly string[] }[] = [
  { name: 'AWSManagedRulesAmazonIpReputationList', countOnlyRules: [] },
  {
    name: 'AWSManagedRulesKnownBadInputsRuleSet',
    countOnlyRules: ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY', 'ReactJSRCE_BODY'],
  },
  {
    name: 'AWSManagedRulesCommonRuleSet',
    countOnlyRules: [
      'SizeRestrictions_BODY',
      'CrossSiteScripting_BODY',
      'GenericRFI_BODY',
      'GenericLFI_BODY',
      'EC2MetaDataSSRF_BODY',
    ],
  },
];

export class WebAcl extends Construct {
  readonly acl: CfnWebACL;

  constructor(
    scope: Construct,
    id: string,
    { settings, key, loadBalancer }: { settings: Settings; key: Key; loadBalancer: ApplicationLoadBalancer },
  ) {
    super(scope, id);
    this.acl = new CfnWebACL(this, 'Acl', {
      name: `cytoqueue-${settings.environment}`,
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visibility('all'),
      rules: [
        rateRule(),
        ...MANAGED_RULES.map(({ name, countOnlyRules }, index) => managedRule(name, countOnlyRules, index + 1)),
      ],
    });
    new CfnWebACLAssociation(this, 'Association', {
      resourceArn: loadBalancer.loadBalancerArn,
      webAclArn: this.acl.attrArn,
    });
    // AWS requires this prefix. The name ends in the stack's id, because the group is retained and a second stack needs
    // another name.
    const stackId = Fn.select(2, Fn.split('/', Stack.of(this).stackId));
    const logs = createLogGroup(
      this,
      'Logs',
      settings,
      key,
      `aws-waf-logs-cytoqueue-${settings.environment}-${stackId}`,
    );
    const delivery = allowLogDelivery(this, 'LogDelivery', logs);
    // Logs blocked requests only, without credentials.
    const logging = new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: this.acl.attrArn,
      logDestinationConfigs: [logGroupArnOf(logs)],
      redactedFields: ['authorization', 'cookie'].map((name) => ({ singleHeader: { Name: name } })),
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          {
            Behavior: 'KEEP',
            Requirement: 'MEETS_ANY',
            Conditions: ['BLOCK', 'COUNT'].map((Action) => ({ ActionCondition: { Action } })),
          },
        ],
      },
    });
    logging.node.addDependency(delivery);
  }
}

function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: false };
}

function rateRule(): CfnWebACL.RuleProperty {
  return {
    name: 'rate-per-address',
    priority: 0,
    action: { block: { customResponse: { responseCode: 429 } } },
    statement: {
      rateBasedStatement: { aggregateKeyType: 'IP', limit: REQUESTS_PER_ADDRESS, evaluationWindowSec: 300 },
    },
    visibilityConfig: visibility('rate-per-address'),
  };
}

function managedRule(name: string, countOnlyRules: readonly string[], priority: number): CfnWebACL.RuleProperty {
  const ruleActionOverrides = countOnlyRules.map((rule) => ({ name: rule, actionToUse: { count: {} } }));
  return {
    name,
    priority,
    overrideAction: { none: {} },
    statement: { managedRuleGroupStatement: { vendorName: 'AWS', name, ruleActionOverrides } },
    visibilityConfig: visibility(name),
  };
}
