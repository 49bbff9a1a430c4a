import { InvalidInputError } from '#core/errors.ts';
import type { Provisioned } from '../service.ts';
import type { Template } from './template.ts';

/** Values of the pseudo parameters that depend on where the stack is. */
export interface StackPlace {
  region: string;
  accountId: string;
  stackName: string;
  stackId: string;
}

/** Everything that an intrinsic function can refer to. */
export interface Scope {
  template: Template;
  parameters: Record<string, unknown>;
  pseudo: Record<string, unknown>;
  /** Resources that are provisioned by now. */
  provisioned: Map<string, Provisioned>;
  /** Results of the conditions asked so far. */
  conditions: Map<string, boolean>;
}

/** `AWS::NoValue`: the property that has it disappears. */
export const NO_VALUE = Symbol('AWS::NoValue');

/**
 * @param overrides values of parameters; the others take their defaults
 * @throws InvalidInputError for a parameter without a value, or a value without a parameter
 */
export function createScope(
  template: Template,
  place: StackPlace,
  overrides: Record<string, string> = {},
): Scope {
  const parameters: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(template.Parameters ?? {})) {
    if (parameter.Type.startsWith('AWS::SSM::')) {
      throw new InvalidInputError(
        `parameter "${name}" has the type ${parameter.Type}, which is not emulated`,
      );
    }
    const value = overrides[name] ?? parameter.Default;
    if (value === undefined) throw new InvalidInputError(`the template's parameter "${name}" has no value`);
    parameters[name] = /^(CommaDelimitedList|List<)/.test(parameter.Type)
      ? String(value).split(',')
      : String(value);
  }
  for (const name of Object.keys(overrides)) {
    if (!(name in parameters)) throw new InvalidInputError(`the template has no parameter "${name}"`);
  }
  return {
    template,
    parameters,
    pseudo: {
      'AWS::AccountId': place.accountId,
      'AWS::Region': place.region,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': place.stackName,
      'AWS::StackId': place.stackId,
      'AWS::NotificationARNs': [],
      'AWS::NoValue': NO_VALUE,
    },
    provisioned: new Map(),
    conditions: new Map(),
  };
}
