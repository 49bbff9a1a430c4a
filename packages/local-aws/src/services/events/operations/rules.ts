import type {
  DescribeRuleRequest,
  DescribeRuleResponse,
  ListRulesRequest,
  ListRulesResponse,
  ListTargetsByRuleRequest,
  ListTargetsByRuleResponse,
} from '@aws-sdk/client-eventbridge';
import type { EventsContext } from '../context.ts';
import type { Rule } from '../rules.ts';

export function listRules({ rules }: EventsContext, input: ListRulesRequest): ListRulesResponse {
  return { Rules: rules.list(input.NamePrefix).map(shown) };
}

export function describeRule({ rules }: EventsContext, input: DescribeRuleRequest): DescribeRuleResponse {
  return shown(rules.get(input.Name));
}

export function listTargetsByRule(
  { rules }: EventsContext,
  input: ListTargetsByRuleRequest,
): ListTargetsByRuleResponse {
  // Taken from JSON once more, which leaves out what is undefined.
  return { Targets: JSON.parse(JSON.stringify(rules.get(input.Rule).targets)) };
}

function shown(rule: Rule) {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventPattern: JSON.stringify(rule.pattern),
    State: rule.enabled ? ('ENABLED' as const) : ('DISABLED' as const),
    EventBusName: 'default',
    ...(rule.description === undefined ? {} : { Description: rule.description }),
  };
}
