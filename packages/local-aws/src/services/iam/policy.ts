import * as z from 'zod';
import { InvalidInputError } from '../../errors.ts';
import { parse } from '../../parse.ts';
import { type ConditionContext, conditionsHold, refuseUnknownConditions } from './conditions.ts';
import { matchesWildcard } from './wildcard.ts';

export const oneOrMore = z.union([z.string(), z.array(z.string())]);
const conditionValue = z.union([z.string(), z.boolean(), z.number()]);
export const conditionSchema = z.record(
  z.string(),
  z.record(z.string(), z.union([conditionValue, z.array(conditionValue)])),
);
export type Conditions = z.output<typeof conditionSchema>;

const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore.optional(),
  NotAction: oneOrMore.optional(),
  Resource: oneOrMore.optional(),
  NotResource: oneOrMore.optional(),
  Condition: conditionSchema.optional(),
});

const document = z.strictObject({
  Version: z.string().optional(),
  Id: z.string().optional(),
  Statement: z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(statement)),
});

export type Statement = z.output<typeof statement>;

/** What a role is asked for: an action on a resource. */
export interface Request {
  /** For instance `s3:GetObject`. */
  action: string;
  /**
   * ARN, or `*` for an action without a resource. Undefined where the request does not tell it: only the
   * action counts.
   */
  resource: string | undefined;
  context: ConditionContext;
}

/**
 * Statements of an identity policy.
 *
 * @throws InvalidInputError when it is no policy, or has a condition that is not emulated, by name
 */
export function parsePolicy(value: unknown, where: string): Statement[] {
  const statements = parse(document, value, where).Statement;
  for (const [index, one] of statements.entries()) {
    const name = `statement ${one.Sid ?? index + 1} of ${where}`;
    if ((one.Action === undefined) === (one.NotAction === undefined)) {
      throw new InvalidInputError(`${name} must have either Action or NotAction`);
    }
    if ((one.Resource === undefined) === (one.NotResource === undefined)) {
      throw new InvalidInputError(`${name} must have either Resource or NotResource`);
    }
    refuseUnknownConditions(one, name);
  }
  return statements;
}

export type Decision = 'allowed' | 'denied explicitly' | 'not allowed';

/** AWS's evaluation within one account: an explicit denial wins, an allowance is needed. */
export function evaluate(statements: readonly Statement[], request: Request): Decision {
  let decision: Decision = 'not allowed';
  for (const one of statements) {
    if (!applies(one, request)) continue;
    if (one.Effect === 'Deny') return 'denied explicitly';
    decision = 'allowed';
  }
  return decision;
}

function applies(one: Statement, { action, resource, context }: Request): boolean {
  // Actions ignore case, resources do not.
  const matchesAction = (patterns: string | string[]) =>
    [patterns].flat().some((pattern) => matchesWildcard(pattern.toLowerCase(), action.toLowerCase()));
  const matchesResource = (patterns: string | string[]) =>
    resource === undefined || [patterns].flat().some((pattern) => matchesWildcard(pattern, resource));
  return (
    (one.Action === undefined || matchesAction(one.Action)) &&
    (one.NotAction === undefined || !matchesAction(one.NotAction)) &&
    (one.Resource === undefined || matchesResource(one.Resource)) &&
    (one.NotResource === undefined || resource === undefined || !matchesResource(one.NotResource)) &&
    conditionsHold(one.Condition ?? {}, context)
  );
}
