import { BlockList, isIP } from 'node:net';
import { invalidPattern, isObject } from './pattern-syntax.ts';

/** One entry of a field's list. */
export type Test = { kind: 'exists'; wanted: boolean } | { kind: 'value'; matches(value: unknown): boolean };

type Predicate = (value: unknown) => boolean;

const text =
  (test: (value: string) => boolean): Predicate =>
  (value) =>
    typeof value === 'string' && test(value);

/** @throws ServiceError when the entry is no value and no operator that EventBridge knows */
export function valueTest(wanted: unknown, path: string): Test {
  if (!isObject(wanted)) {
    if (Array.isArray(wanted)) throw invalidPattern(`"${path}" has an array within its array`);
    return { kind: 'value', matches: (value) => value === wanted };
  }
  const [operator, operand] = onlyEntry(wanted, path);
  if (operator === 'exists') {
    if (typeof operand !== 'boolean') throw invalidPattern(`"${path}": exists takes true or false`);
    return { kind: 'exists', wanted: operand };
  }
  if (operator === 'anything-but') return { kind: 'value', matches: anythingBut(operand, path) };
  return { kind: 'value', matches: comparison(operator, operand, path) };
}

function comparison(operator: string, operand: unknown, path: string): Predicate {
  switch (operator) {
    case 'prefix':
      return affix(operand, path, operator, (value, part) => value.startsWith(part));
    case 'suffix':
      return affix(operand, path, operator, (value, part) => value.endsWith(part));
    case 'equals-ignore-case': {
      const wanted = string(operand, path, operator).toLowerCase();
      return text((value) => value.toLowerCase() === wanted);
    }
    case 'wildcard':
      return wildcard(string(operand, path, operator), path);
    case 'numeric':
      return numeric(operand, path);
    case 'cidr':
      return cidr(string(operand, path, operator), path);
    default:
      throw invalidPattern(`"${path}": "${operator}" is no comparison operator`);
  }
}

/** `{prefix: "a"}` and `{prefix: {"equals-ignore-case": "A"}}`, suffix likewise. */
function affix(
  operand: unknown,
  path: string,
  operator: string,
  test: (value: string, part: string) => boolean,
): Predicate {
  if (!isObject(operand)) {
    const part = string(operand, path, operator);
    return text((value) => test(value, part));
  }
  const [inner, innerOperand] = onlyEntry(operand, path);
  if (inner !== 'equals-ignore-case') throw invalidPattern(`"${path}": ${operator} does not take "${inner}"`);
  const part = string(innerOperand, path, operator).toLowerCase();
  return text((value) => test(value.toLowerCase(), part));
}

/** A value, values, or one of the text operators with one or more operands: none of them may hold. */
function anythingBut(operand: unknown, path: string): Predicate {
  if (isObject(operand)) {
    const [operator, inner] = onlyEntry(operand, path);
    if (!['prefix', 'suffix', 'wildcard', 'equals-ignore-case'].includes(operator)) {
      throw invalidPattern(`"${path}": anything-but does not take "${operator}"`);
    }
    const tests = (Array.isArray(inner) ? inner : [inner]).map((one) => comparison(operator, one, path));
    return (value) => !tests.some((test) => test(value));
  }
  const values = Array.isArray(operand) ? operand : [operand];
  if (values.length === 0 || values.some((one) => isObject(one) || Array.isArray(one) || one === null)) {
    throw invalidPattern(`"${path}": anything-but takes strings or numbers`);
  }
  return (value) => !values.includes(value);
}

/** `*` stands for any characters, `\*` for an asterisk, `\\` for a backslash. */
function wildcard(pattern: string, path: string): Predicate {
  if (pattern.includes('**')) throw invalidPattern(`"${path}": consecutive wildcard characters`);
  const parts = pattern.match(/\\[*\\]|\\|\*|[^*\\]+/g) ?? [];
  const source = parts.map((part) => {
    if (part === '*') return '.*';
    if (part === '\\') throw invalidPattern(`"${path}": a backslash escapes only * and itself`);
    return literally(part.startsWith('\\') ? part.slice(1) : part);
  });
  const expression = new RegExp(`^${source.join('')}$`, 's');
  return text((value) => expression.test(value));
}

const literally = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const NUMERIC: Record<string, (value: number, bound: number) => boolean> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** `["=", 5]` or bounds such as `[">", 0, "<=", 10]`. */
function numeric(operand: unknown, path: string): Predicate {
  if (!Array.isArray(operand) || ![2, 4].includes(operand.length)) {
    throw invalidPattern(`"${path}": numeric takes one or two comparisons`);
  }
  const tests: ((value: number) => boolean)[] = [];
  for (let at = 0; at < operand.length; at += 2) {
    const compare = NUMERIC[String(operand[at])];
    const bound = operand[at + 1];
    if (compare === undefined || typeof bound !== 'number' || Math.abs(bound) > 5e9) {
      throw invalidPattern(`"${path}": numeric takes = < <= > >= and numbers within ±5 billion`);
    }
    tests.push((value) => compare(value, bound));
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

function cidr(operand: string, path: string): Predicate {
  const [address = '', bits] = operand.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  try {
    list.addSubnet(address, Number(bits), family);
  } catch {
    throw invalidPattern(`"${path}": "${operand}" is no CIDR block`);
  }
  return text((value) => isIP(value) !== 0 && list.check(value, isIP(value) === 6 ? 'ipv6' : 'ipv4'));
}

function onlyEntry(value: Record<string, unknown>, path: string): [string, unknown] {
  const entries = Object.entries(value);
  if (entries.length !== 1) throw invalidPattern(`"${path}": a comparison has one operator`);
  return entries[0] as [string, unknown];
}

function string(operand: unknown, path: string, operator: string): string {
  if (typeof operand !== 'string' || operand === '')
    throw invalidPattern(`"${path}": ${operator} takes a string`);
  return operand;
}
