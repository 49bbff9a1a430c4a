import { arnOf, type Permissions, type Place } from '../../operation-permissions.ts';

/** What EventBridge's operations need. */
export const permissions: Permissions = (operation, input, place) => {
  const action = `events:${operation}`;
  if (operation === 'PutEvents') {
    const buses = (input.Entries as { EventBusName?: string }[]).map(
      ({ EventBusName }) => EventBusName ?? 'default',
    );
    return [...new Set(buses)].map((bus) => ({
      action,
      resource: bus.startsWith('arn:') ? bus : arnOf('events', place, `event-bus/${bus}`),
    }));
  }
  const isOnRule = /Rule|Target/.test(operation) && operation !== 'ListRules';
  return [{ action, resource: isOnRule ? ruleArn(input, place) : '*' }];
};

interface RuleInput {
  EventBusName?: string;
  Name?: string;
  Rule?: string;
}

function ruleArn({ EventBusName = 'default', Name, Rule }: RuleInput, place: Place): string {
  const bus = EventBusName === 'default' ? '' : `${EventBusName}/`;
  return arnOf('events', place, `rule/${bus}${Name ?? Rule ?? '*'}`);
}
