/** A call that one AWS service makes for a resource of the account: what a resource policy decides about. */
export interface ServiceCall {
  /** For instance `events.amazonaws.com`. */
  principal: string;
  /** For instance `lambda:InvokeFunction`. */
  action: string;
  resource: string;
  sourceArn: string;
  sourceAccount: string;
}

interface Statement {
  Effect?: string;
  Principal?: string | { Service?: string | string[]; AWS?: string | string[] };
  Action?: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/**
 * Whether a resource policy lets a service call the resource. A denial outweighs any permission. A statement
 * with an unknown element or condition never permits and always denies.
 *
 * @param policy JSON text, or undefined when the resource has none
 */
export function policyAllows(policy: string | undefined, call: ServiceCall): boolean {
  if (policy === undefined || policy === '') return false;
  const { Statement: given = [] } = JSON.parse(policy) as { Statement?: Statement | Statement[] };
  const statements = list(given).filter(
    (one) =>
      list(one.Action).some((action) => matches(action.toLowerCase(), call.action.toLowerCase())) &&
      list(one.Resource).some((resource) => matches(resource, call.resource)) &&
      isPrincipal(one.Principal, call.principal),
  );
  const denied = statements.some(
    (one) => one.Effect !== 'Allow' && conditionHolds(one.Condition, call) !== false,
  );
  return (
    !denied &&
    statements.some((one) => one.Effect === 'Allow' && conditionHolds(one.Condition, call) === true)
  );
}

function isPrincipal(principal: Statement['Principal'], service: string): boolean {
  if (principal === '*') return true;
  if (typeof principal !== 'object') return false;
  return list(principal.Service).includes(service) || list(principal.AWS).includes('*');
}

/** Undefined when an operator or a key is not understood. */
function conditionHolds(condition: Statement['Condition'], call: ServiceCall): boolean | undefined {
  const known: Record<string, string> = {
    'aws:sourcearn': call.sourceArn,
    'aws:sourceaccount': call.sourceAccount,
    // Services talk to each other over TLS.
    'aws:securetransport': 'true',
  };
  let result: boolean | undefined = true;
  for (const [operator, keys] of Object.entries(condition ?? {})) {
    for (const [key, wanted] of Object.entries(keys)) {
      const value = known[key.toLowerCase()];
      const compare = OPERATORS[operator];
      if (value === undefined || compare === undefined) result = result && undefined;
      else if (!list(wanted).some((one) => compare(String(one), value))) return false;
    }
  }
  return result;
}

const same = (wanted: string, value: string) => wanted === value;

const OPERATORS: Record<string, (wanted: string, value: string) => boolean> = {
  StringEquals: same,
  StringEqualsIgnoreCase: (wanted, value) => wanted.toLowerCase() === value.toLowerCase(),
  StringLike: matches,
  ArnEquals: matches,
  ArnLike: matches,
  Bool: same,
};

/** IAM's wildcards: `*` any characters, `?` one. */
function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}

function list<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
