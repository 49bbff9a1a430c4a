import type { NormalizedSchema } from '@smithy/core/schema';
import type { RequestHead } from './addressed.ts';
import { type OperationModel, operationsOf, requiredMembers } from './model.ts';

/** An operation's place among the URLs of its service. */
interface Route {
  operation: OperationModel;
  pattern: RegExp;
  labels: string[];
  /**
   * Constant query parameters of the URI (`?uploads`, `?list-type=2`). Undefined as value: any value will do.
   */
  constants: [name: string, value: string | undefined][];
  /**
   * Required query parameters and headers (`?uploadId`, `x-amz-copy-source`). A request without them is for
   * another operation.
   */
  requiredQuery: string[];
  requiredHeaders: string[];
  literals: number;
}

export interface RouteMatch {
  operation: OperationModel;
  /** Path labels, percent-decoded, by member name. */
  labels: Record<string, string>;
}

const tables = new WeakMap<object, Map<string, Route[]>>();

/** Finds the operation of a REST request among all operations of the service's model. */
export function findRoute(
  schemas: Record<string, unknown>,
  method: string,
  { path, query, headers }: RequestHead,
): RouteMatch | undefined {
  let best: { route: Route; found: RegExpExecArray; rank: number } | undefined;
  for (const route of tableOf(schemas).get(method) ?? []) {
    const found = route.pattern.exec(path);
    if (found === null) continue;
    const constants = route.constants.every(([name, value]) =>
      value === undefined ? query.has(name) : query.get(name) === value,
    );
    if (!constants) continue;
    const required =
      route.requiredQuery.every((name) => query.has(name)) &&
      route.requiredHeaders.every((name) => headers[name] !== undefined);
    const specific =
      100 * route.literals +
      10 * route.constants.length +
      route.requiredQuery.length +
      route.requiredHeaders.length;
    // If no route fits, one that lacks a required parameter still tells which operation was meant.
    const rank = required ? specific + 10_000 : -specific;
    if (best === undefined || rank > best.rank) best = { route, found, rank };
  }
  if (best === undefined) return undefined;
  const { route, found } = best;
  const labels: Record<string, string> = {};
  for (const [index, label] of route.labels.entries()) labels[label] = decodeLabel(found[index + 1] ?? '');
  return { operation: route.operation, labels };
}

function decodeLabel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function tableOf(schemas: Record<string, unknown>): Map<string, Route[]> {
  let table = tables.get(schemas);
  if (table === undefined) {
    table = new Map();
    for (const operation of operationsOf(schemas).values()) {
      if (operation.http === undefined) continue;
      const { method } = operation.http;
      table.set(method, [...(table.get(method) ?? []), routeOf(operation, operation.http.uri)]);
    }
    tables.set(schemas, table);
  }
  return table;
}

function routeOf(operation: OperationModel, uri: string): Route {
  const [template = '/', search = ''] = uri.split('?');
  const members = operation.input.isStructSchema() ? [...operation.input.structIterator()] : [];
  const path = `${pathStyle(members, template)}${template}`;
  const labels: string[] = [];
  let source = '';
  let literals = 0;
  for (const segment of path.split('/').filter((part) => part !== '')) {
    const label = /^\{([^}+]+)(\+?)\}$/.exec(segment);
    if (label) {
      labels.push(label[1] as string);
      source += label[2] === '+' ? '/(.+)' : '/([^/]+)';
    } else {
      literals += 1;
      source += `/${segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
    }
  }
  const required = operation.input.isStructSchema() ? requiredMembers(operation.input) : [];
  const bound = (trait: 'httpQuery' | 'httpHeader') =>
    members
      .filter(([name]) => required.includes(name))
      .map(([, member]) => member.getMergedTraits()[trait] as string | undefined)
      .filter((name) => name !== undefined);
  return {
    operation,
    pattern: new RegExp(`^${source}/?$`),
    labels,
    constants: [...new URLSearchParams(search)]
      .filter(([name]) => name !== 'x-id')
      .map(([name, value]) => [name, value === '' ? undefined : value]),
    requiredQuery: bound('httpQuery'),
    requiredHeaders: bound('httpHeader').map((name) => name.toLowerCase()),
    literals,
  };
}

/**
 * S3's model leaves `/{Bucket}` to the client's endpoint rules. Labels that the template lacks come first in
 * the path.
 */
function pathStyle(members: [string, NormalizedSchema][], template: string): string {
  return members
    .filter(([, member]) => member.getMergedTraits().httpLabel)
    .filter(([name]) => !template.includes(`{${name}}`) && !template.includes(`{${name}+}`))
    .map(([name]) => `/{${name}}`)
    .join('');
}
