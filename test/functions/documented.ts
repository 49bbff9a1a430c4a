import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import { openApiDocument } from '#core/api/openapi.ts';

interface Answer {
  statusCode: number;
  headers?: Record<string, unknown> | undefined;
  body: string;
}
type Responses = Record<string, { content?: Record<string, { schema: object }> }>;

const document = openApiDocument() as {
  paths: Record<string, Record<string, { responses: Responses }>>;
  components: object;
};
const ajv = new Ajv2020({ strict: false, allErrors: true });
(addFormats as unknown as (ajv: Ajv2020) => void)(ajv);

const validators = new Map<object, ValidateFunction>();

function validatorOf(schema: object): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const made = ajv.compile({ ...schema, components: document.components });
  validators.set(schema, made);
  return made;
}

/**
 * Fails unless the OpenAPI document has this answer of the operation: its status, its media type, its body.
 *
 * @param operation as `POST /domains/{domain}/predictions`
 */
export function expectDocumented(operation: string, { statusCode, headers = {}, body }: Answer): void {
  const [method, path] = operation.split(' ') as [string, string];
  const response = document.paths[path]?.[method.toLowerCase()]?.responses[statusCode];
  expect(response, `${operation} answers ${statusCode}, which the document does not have`).toBeDefined();
  const [[type, content] = []] = Object.entries(response!.content ?? {});
  if (type === undefined || content === undefined) {
    expect(body, `${operation} ${statusCode} has no body`).toBe('');
    return;
  }
  expect(String(headers['content-type'])).toBe(type);
  const validate = validatorOf(content.schema);
  const isValid = validate(JSON.parse(body));
  expect(isValid ? [] : validate.errors, `${operation} ${statusCode}: ${body.slice(0, 500)}`).toEqual([]);
}
