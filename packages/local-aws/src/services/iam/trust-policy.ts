import * as z from 'zod';
import { parse } from '../../parse.ts';
import { refuseUnknownConditions } from './conditions.ts';
import { type Conditions, conditionSchema, oneOrMore } from './policy.ts';
import { matchesWildcard } from './wildcard.ts';

/** One statement of who may act as a role. */
export interface Trust {
  /** For instance `lambda.amazonaws.com`. */
  services: string[];
  /** AWS principals: accounts, roles, `*`. */
  principals: string[];
  conditions: Conditions;
}

/** Keys that a service, or a caller of AssumeRole, brings along (lower case). */
const KEYS = new Set([
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:principalarn',
  'aws:principalaccount',
  'aws:requestedregion',
  'aws:securetransport',
]);

const trustSchema = z.strictObject({
  Version: z.string().optional(),
  Id: z.string().optional(),
  Statement: z.array(
    z.strictObject({
      Sid: z.string().optional(),
      Effect: z.literal('Allow'),
      Principal: z.union([
        z.literal('*').transform(() => ({ AWS: '*' })),
        z.strictObject({ Service: oneOrMore.optional(), AWS: oneOrMore.optional() }),
      ]),
      Action: oneOrMore,
      Condition: conditionSchema.default({}),
    }),
  ),
});

/**
 * The statements of a trust policy that are about AssumeRole.
 *
 * @throws InvalidInputError when it is none, denies something, or has a condition that is not emulated
 */
export function parseTrust(value: unknown, role: string): Trust[] {
  const where = `the trust policy of ${role}`;
  const { Statement } = parse(trustSchema, value, where, 'Denials in trust policies are not emulated.');
  for (const one of Statement) refuseUnknownConditions(one, where, KEYS);
  return Statement.filter(({ Action }) =>
    [Action].flat().some((action) => matchesWildcard(action.toLowerCase(), 'sts:assumerole')),
  ).map(({ Principal, Condition }) => {
    const { Service = [], AWS = [] } = Principal as { Service?: string | string[]; AWS?: string | string[] };
    return { services: [Service].flat(), principals: [AWS].flat(), conditions: Condition };
  });
}
