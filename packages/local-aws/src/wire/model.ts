import { NormalizedSchema } from '@smithy/core/schema';

/**
 * What we read from the SDK's exported schemas. Their tuple layout is internal to the SDK, so its version is
 * pinned and `packages/local-aws/test/wire/model.test.ts` checks it:
 *
 * - operation: `[9, namespace, name, traits, input, output]`, trait `http: [method, uri, status]`
 * - structure: `[3, namespace, name, traits, memberNames, memberSchemas, requiredCount?]`, required members
 *   first
 * - error: as structure, with `-3` and the traits `error`, `httpError`, `awsQueryError: [code, status]`
 */
export interface OperationModel {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Undefined for the protocols that have one URL for everything. */
  readonly http: { method: string; uri: string; status: number } | undefined;
}

export interface ErrorModel {
  readonly schema: NormalizedSchema;
  readonly status: number | undefined;
  /** The code on the wire where the service still speaks, or once spoke, the query protocol. */
  readonly queryCode: string | undefined;
  /** The name of the shape. */
  readonly name: string;
}

const OPERATION = 9;
const ERROR = -3;

/** Schemas of one SDK client module; asked again and again, so indexed once. */
interface Index {
  operations: Map<string, OperationModel>;
  errors: Map<string, ErrorModel>;
}
const indexes = new WeakMap<object, Index>();

export function operationsOf(schemas: Record<string, unknown>): ReadonlyMap<string, OperationModel> {
  return indexOf(schemas).operations;
}

/** By the shape's name or by its code in the query protocol. */
export function errorOf(schemas: Record<string, unknown>, code: string): ErrorModel | undefined {
  return indexOf(schemas).errors.get(code);
}

/** Names of the members that must be there. */
export function requiredMembers(schema: NormalizedSchema): readonly string[] {
  const tuple = schema.getSchema() as unknown as [
    number,
    string,
    string,
    unknown,
    string[],
    unknown[],
    number?,
  ];
  return tuple[4].slice(0, tuple[6] ?? 0);
}

function indexOf(schemas: Record<string, unknown>): Index {
  let index = indexes.get(schemas);
  if (index !== undefined) return index;
  index = { operations: new Map(), errors: new Map() };
  for (const value of Object.values(schemas)) {
    if (!Array.isArray(value)) continue;
    const [kind, , name, traits] = value as [number, string, string, Record<string, unknown> | 0];
    if (kind === OPERATION) {
      const http = (traits === 0 ? undefined : traits.http) as [string, string, number] | undefined;
      index.operations.set(name, {
        name,
        input: NormalizedSchema.of(value[4]),
        output: NormalizedSchema.of(value[5]),
        http: http && { method: http[0], uri: http[1], status: http[2] },
      });
    } else if (kind === ERROR) {
      const schema = NormalizedSchema.of(value as never);
      const { httpError, awsQueryError } = (traits || {}) as {
        httpError?: number;
        awsQueryError?: [string, number];
      };
      const model: ErrorModel = {
        schema,
        name,
        status: awsQueryError?.[1] ?? httpError,
        queryCode: awsQueryError?.[0],
      };
      index.errors.set(name, model);
      if (model.queryCode !== undefined && !index.errors.has(model.queryCode)) {
        index.errors.set(model.queryCode, model);
      }
    }
  }
  indexes.set(schemas, index);
  return index;
}
