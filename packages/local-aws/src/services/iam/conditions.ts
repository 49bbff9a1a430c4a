import { InvalidInputError } from '../../errors.ts';
import type { Conditions, Statement } from './policy.ts';
import { matchesWildcard } from './wildcard.ts';

/** Values of condition keys for one request, by lower-case key; a key that is absent has no value. */
export type ConditionContext = Readonly<Record<string, string>>;

type Test = (expected: string, actual: string) => boolean;

const OPERATORS: Record<string, { test: Test; negated?: boolean }> = {
  StringEquals: { test: (expected, actual) => expected === actual },
  StringNotEquals: { test: (expected, actual) => expected === actual, negated: true },
  StringEqualsIgnoreCase: { test: (expected, actual) => expected.toLowerCase() === actual.toLowerCase() },
  StringLike: { test: matchesWildcard },
  StringNotLike: { test: matchesWildcard, negated: true },
  ArnEquals: { test: matchesWildcard },
  ArnLike: { test: matchesWildcard },
  ArnNotEquals: { test: matchesWildcard, negated: true },
  ArnNotLike: { test: matchesWildcard, negated: true },
  Bool: { test: (expected, actual) => expected.toLowerCase() === actual.toLowerCase() },
  NumericEquals: { test: (expected, actual) => Number(actual) === Number(expected) },
  NumericLessThan: { test: (expected, actual) => Number(actual) < Number(expected) },
  NumericLessThanEquals: { test: (expected, actual) => Number(actual) <= Number(expected) },
  NumericGreaterThan: { test: (expected, actual) => Number(actual) > Number(expected) },
  NumericGreaterThanEquals: { test: (expected, actual) => Number(actual) >= Number(expected) },
};

/** Condition keys of a role's policies that have a value for at least some requests (lower case). */
const KEYS = new Set([
  'aws:securetransport',
  'aws:principalarn',
  'aws:principalaccount',
  'aws:requestedregion',
  'iam:passedtoservice',
  'cloudwatch:namespace',
  's3:prefix',
  's3:delimiter',
  's3:max-keys',
]);

/** Services that the local AWS does not have, so that conditions on their actions never matter. */
const ABSENT = /^(ecr|xray|kms|ec2|ssm|secretsmanager):/i;

/**
 * A condition that would silently be wrong is refused before anything runs.
 *
 * @param known keys, in lower case, that have a value in such a policy
 * @throws InvalidInputError naming the operator or key
 */
export function refuseUnknownConditions(
  statement: Pick<Statement, 'Action' | 'Condition'>,
  where: string,
  known: ReadonlySet<string> = KEYS,
): void {
  for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
    if (operator !== 'Null' && OPERATORS[baseOperator(operator)] === undefined) {
      throw new InvalidInputError(`${where} uses the condition operator ${operator}, which is not emulated`);
    }
    const actions = [statement.Action ?? []].flat();
    if (actions.length > 0 && actions.every((action) => ABSENT.test(action))) continue;
    for (const key of Object.keys(keys)) {
      if (!known.has(key.toLowerCase())) {
        throw new InvalidInputError(`${where} uses the condition key ${key}, which is not emulated`);
      }
    }
  }
}

/** All operators and keys must hold; of a key's values one must (for a negated operator: none may). */
export function conditionsHold(conditions: Conditions, context: ConditionContext): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) =>
      holds(operator, [values].flat().map(String), context[key.toLowerCase()]),
    ),
  );
}

function holds(operator: string, expected: string[], actual: string | undefined): boolean {
  if (operator === 'Null')
    return expected.some((value) => (value.toLowerCase() === 'true') === (actual === undefined));
  const { test, negated = false } = OPERATORS[baseOperator(operator)] ?? { test: () => false };
  if (actual === undefined) return negated || operator.endsWith('IfExists');
  return expected.some((value) => test(value, actual)) !== negated;
}

function baseOperator(operator: string): string {
  return operator.replace(/IfExists$/, '');
}
