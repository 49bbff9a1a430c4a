import { InvalidInputError } from '#core/errors.ts';
import type { Provisioned, StackContext } from '../service.ts';

/** A resource type that exists here by its name only, and why nothing happens with it. */
interface InertType {
  reason: string;
  provision(properties: Record<string, unknown>, context: InertContext): Provisioned;
}

interface InertContext {
  logicalId: string;
  stack: StackContext;
  region: string;
  accountId: string;
}

/** Types that no service provides. A service that provides one of them takes precedence. */
const INERT: Record<string, InertType> = {
  'AWS::CloudWatch::Alarm': {
    reason: 'metrics are not emulated, so no alarm ever rings',
    provision: (properties, { logicalId, stack, region, accountId }) => {
      const name = named(properties.AlarmName, logicalId, stack);
      return { ref: name, attributes: { Arn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}` } };
    },
  },
};

/** Why the type does nothing here, or undefined when it is no such type. */
export function inertReason(type: string): string | undefined {
  return INERT[type]?.reason;
}

/** @throws InvalidInputError naming the type and the logical id when the local AWS does not know it */
export function provisionInert(
  type: string,
  properties: Record<string, unknown>,
  context: InertContext,
): Provisioned {
  const inert = INERT[type];
  if (inert === undefined) {
    throw new InvalidInputError(`"${context.logicalId}" is a ${type}, which the local AWS does not emulate`, {
      hint: 'docs/fidelity.md lists the resource types that it knows.',
    });
  }
  return inert.provision(properties, context);
}

function named(name: unknown, logicalId: string, stack: StackContext): string {
  return typeof name === 'string' ? name : stack.physicalName(logicalId);
}
