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
  /** Conditions that have been evaluated. */
  conditions: Map<string, boolean>;
  /**
   * Refusals so far. Set while a template is only checked: resources then stand for themselves, by their
   * names.
   */
  problems?: Set<string>;
}

/** `AWS::NoValue`: the property that has it disappears. */
export const NO_VALUE = Symbol('AWS::NoValue');

/**
 * @param parameters as `parameterValues` gives them
 */
export function createScope(
  template: Template,
  place: StackPlace,
  parameters: Record<string, unknown>,
): Scope {
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
