import jsonata from 'jsonata';
import { isExpression, sourceOf } from '../jsonata.ts';
import type { Diagnostic } from './diagnostic.ts';

/** Checks the syntax of every JSONata expression inside a value. */
export function checkExpressions(
  value: unknown,
  location: string,
  report: (found: Diagnostic) => void,
): void {
  if (typeof value === 'string') {
    const message = mistake(value);
    if (message) report({ code: 'SCHEMA_VALIDATION_FAILED', message, location });
  } else if (Array.isArray(value)) {
    for (const [position, item] of value.entries())
      checkExpressions(item, `${location}[${position}]`, report);
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) checkExpressions(item, `${location}/${key}`, report);
  }
}

function mistake(text: string): string | undefined {
  if (!isExpression(text)) {
    if (!text.startsWith('{%') && !text.endsWith('%}')) return undefined;
    return 'a JSONata expression must start with "{%" and end with "%}", with nothing around them';
  }
  try {
    const tree = jsonata(sourceOf(text)).ast();
    return callsEval(tree) ? 'the JSONata function $eval is not supported: use $parse' : undefined;
  } catch (error) {
    return `the JSONata expression is not valid: ${(error as Error).message}`;
  }
}

function callsEval(node: unknown): boolean {
  if (node === null || typeof node !== 'object') return false;
  const { type, procedure } = node as { type?: string; procedure?: { type?: string; value?: string } };
  if (
    (type === 'function' || type === 'partial') &&
    procedure?.type === 'variable' &&
    procedure.value === 'eval'
  ) {
    return true;
  }
  return Object.values(node).some(callsEval);
}
