import * as schemas from '@aws-sdk/client-eventbridge';
import { defineService } from '../../define-service.ts';
import { bridgeEvent } from './bridge-event.ts';
import constraints from './constraints.json' with { type: 'json' };
import type { EventsContext } from './context.ts';
import { createDeliveries } from './deliveries.ts';
import { putEvents } from './operations/put-events.ts';
import { describeRule, listRules, listTargetsByRule } from './operations/rules.ts';
import { testEventPattern } from './operations/test-event-pattern.ts';
import { permissions } from './permissions.ts';
import { Rules } from './rules.ts';

/** EventBridge: the default bus, the template's rules, and delivery at least once, over restarts too. */
export const createEvents = defineService<EventsContext>({
  signingName: 'events',
  protocol: 'json-1.1',
  schemas,
  constraints,
  targetPrefix: 'AWSEvents',
  permissions,
  createContext(world) {
    const rules = new Rules(world);
    return { world, rules, deliveries: createDeliveries(world, rules) };
  },
  operations: {
    DescribeRule: describeRule,
    ListRules: listRules,
    ListTargetsByRule: listTargetsByRule,
    PutEvents: putEvents,
    TestEventPattern: testEventPattern,
  },
  resources: ({ rules }) => ({ 'AWS::Events::Rule': rules.resource }),
  onBusEvent: ({ world, deliveries }, event) => deliveries.accept(bridgeEvent(world, event)),
  start: ({ deliveries }) => deliveries.start(),
  stop: ({ deliveries }) => deliveries.stop(),
});
