import * as schemas from '@aws-sdk/client-eventbridge';
import { type Service, ServiceError, type ServiceFactory } from '../../service.ts';
import constraints from './constraints.json' with { type: 'json' };
import { createDeliveries } from './deliveries.ts';
import { compilePattern } from './pattern.ts';
import { invalidPattern } from './pattern-syntax.ts';
import { permissions } from './permissions.ts';
import { bridgeEvent, putEvents } from './put-events.ts';
import { type Rule, Rules } from './rules.ts';

/** EventBridge: the default bus, the template's rules, and delivery at least once, over restarts too. */
export const createEvents: ServiceFactory = (world): Service => {
  const rules = new Rules(world);
  const deliveries = createDeliveries(world, rules);
  const shown = (rule: Rule) => ({
    Name: rule.name,
    Arn: rule.arn,
    EventPattern: JSON.stringify(rule.pattern),
    State: rule.enabled ? ('ENABLED' as const) : ('DISABLED' as const),
    EventBusName: 'default',
    ...(rule.description === undefined ? {} : { Description: rule.description }),
  });

  return {
    signingName: 'events',
    protocol: 'json-1.1',
    targetPrefix: 'AWSEvents',
    permissions,
    schemas,
    constraints,
    operations: {
      PutEvents: (input: schemas.PutEventsRequest) => putEvents(world, input, deliveries.accept),
      ListRules: (input: schemas.ListRulesRequest): schemas.ListRulesResponse => ({
        Rules: rules.list(input.NamePrefix).map(shown),
      }),
      DescribeRule: (input: schemas.DescribeRuleRequest): schemas.DescribeRuleResponse =>
        shown(rules.get(input.Name)),
      ListTargetsByRule: (input: schemas.ListTargetsByRuleRequest): schemas.ListTargetsByRuleResponse => ({
        // Taken from JSON once more, which leaves out what is undefined.
        Targets: JSON.parse(JSON.stringify(rules.get(input.Rule).targets)),
      }),
      TestEventPattern: (input: schemas.TestEventPatternRequest): schemas.TestEventPatternResponse => {
        const matches = compilePattern(json(input.EventPattern, () => invalidPattern('it is no JSON')));
        const event = json(
          input.Event,
          () =>
            new ServiceError('ValidationException', 'Parameter Event is not valid. Reason: it is no JSON.'),
        );
        const required = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type'];
        const missing = required.filter(
          (name) => (event as Record<string, unknown> | null)?.[name] === undefined,
        );
        if (missing.length > 0) {
          throw new ServiceError(
            'ValidationException',
            `Parameter Event is not valid. Reason: no ${missing.join(', ')}.`,
          );
        }
        return { Result: matches(event) };
      },
    },
    resources: { 'AWS::Events::Rule': rules.resource },
    onBusEvent: (event) => deliveries.accept(bridgeEvent(world, event)),
    start: () => deliveries.start(),
    stop: () => deliveries.stop(),
  };
};

function json(text: string | undefined, error: () => ServiceError): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    throw error();
  }
}
