import * as z from 'zod';
import { ServiceError } from '../../service.ts';
import { entityTooLarge } from './errors.ts';

/** What a form's policy allows ("POST policy" in S3's API reference). */
const policySchema = z.object({
  expiration: z.iso.datetime(),
  conditions: z.array(
    z.union([
      z.tuple([
        z.literal('content-length-range'),
        z.coerce.number().int().min(0),
        z.coerce.number().int().min(0),
      ]),
      z.tuple([z.enum(['eq', 'starts-with']), z.string().startsWith('$'), z.string()]),
      z.record(z.string(), z.string()),
    ]),
  ),
});
type Policy = z.output<typeof policySchema>;

/** Fields that no condition has to name. */
const UNCONDITIONED = /^(policy|x-amz-signature|file|x-ignore-.*)$/;

/** @throws ServiceError when it is not JSON of a policy's form */
export function readPolicy(base64: string): Policy {
  try {
    return policySchema.parse(JSON.parse(Buffer.from(base64, 'base64').toString('utf8')));
  } catch {
    throw new ServiceError('InvalidPolicyDocument', 'Invalid Policy: Invalid JSON.');
  }
}

export interface PostedForm {
  /** By names in lower case. */
  fields: ReadonlyMap<string, string>;
  bucket: string;
  /** Bytes of the file. */
  size: number;
}

/**
 * Holds a form to its policy: time, every condition, no field that no condition names, the file's size.
 *
 * @param now milliseconds since 1970
 * @throws ServiceError in S3's words
 */
export function assertPolicy({ expiration, conditions }: Policy, form: PostedForm, now: number): void {
  if (Date.parse(expiration) <= now) throw against('Policy expired.');
  const named = new Set<string>();
  for (const condition of conditions) {
    if (!Array.isArray(condition)) {
      for (const [name, value] of Object.entries(condition)) {
        named.add(name.toLowerCase());
        assertField(form, ['eq', `$${name}`, value]);
      }
    } else if (condition[0] === 'content-length-range') {
      assertSize(form.size, condition[1], condition[2]);
    } else {
      named.add(condition[1].slice(1).toLowerCase());
      assertField(form, condition as [string, string, string]);
    }
  }
  const extra = [...form.fields.keys()].filter((name) => !UNCONDITIONED.test(name) && !named.has(name));
  if (extra.length > 0) throw against(`Extra input fields: ${extra.join(', ')}`);
}

function assertField({ fields, bucket }: PostedForm, condition: [string, string, string]): void {
  const [operator, variable, wanted] = condition;
  const name = variable.slice(1).toLowerCase();
  const value = name === 'bucket' ? bucket : fields.get(name);
  const holds = operator === 'eq' ? value === wanted : value?.startsWith(wanted);
  if (!holds) throw against(`Policy Condition failed: ${JSON.stringify(condition)}`);
}

function assertSize(size: number, least: number, most: number): void {
  if (size > most) throw entityTooLarge(size, most);
  if (size >= least) return;
  throw new ServiceError(
    'EntityTooSmall',
    'Your proposed upload is smaller than the minimum allowed size',
    400,
    { ProposedSize: String(size), MinSizeAllowed: String(least) },
  );
}

const against = (what: string) =>
  new ServiceError('AccessDenied', `Invalid according to Policy: ${what}`, 403);
