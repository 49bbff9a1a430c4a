import * as client from '@aws-sdk/client-s3';

/** Member of GetObject's and HeadObject's outputs here that becomes the HTTP status. */
export const STATUS = 'StatusCode';

/** Code of a number in the schemas' tuples. */
const NUMBER = 1;

/** `[3, namespace, name, traits, memberNames, memberSchemas, requiredCount?]`, see `wire/model.ts`. */
type Structure = [number, string, string, unknown, string[], unknown[], number?];

/** `[9, namespace, name, traits, input, output]`; input and output are getters. */
type OperationTuple = [number, string, string, unknown, () => Structure, () => Structure];

/**
 * The client's schemas, and what S3 only documents: GetObject and HeadObject with a range return 206, while
 * the model has only 200.
 */
export const schemas: Record<string, unknown> = {
  ...client,
  GetObject$: withStatus(client.GetObject$ as unknown as OperationTuple),
  HeadObject$: withStatus(client.HeadObject$ as unknown as OperationTuple),
};

function withStatus(operation: OperationTuple): OperationTuple {
  const [kind, namespace, name, traits, input, output] = operation;
  const [structure, outputNamespace, outputName, outputTraits, members, memberSchemas, required] = output();
  const extended: Structure = [
    structure,
    outputNamespace,
    outputName,
    outputTraits,
    [...members, STATUS],
    [...memberSchemas, [NUMBER, { httpResponseCode: 1 }]],
    ...(required === undefined ? [] : [required]),
  ] as Structure;
  return [kind, namespace, name, traits, input, () => extended];
}
