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
 * What the OpenAPI document lacks of an answer: its status, its media type, its body; undefined for nothing.
 *
 * @param operation as `POST /domains/{domain}/predictions`
 */
export function undocumented(operation: string, answer: Answer): string | undefined {
  const { statusCode, headers = {}, body } = answer;
  const [method, path] = operation.split(' ') as [string, string];
  const said = `${operation} answers ${statusCode} ${headers['content-type']}: ${body.slice(0, 300)}`;
  const response = document.paths[path]?.[method.toLowerCase()]?.responses[statusCode];
  if (response === undefined) return `${said}; the status is not in the document`;
  const [[type, content] = []] = Object.entries(response.content ?? {});
  if (type === undefined || content === undefined) {
    return body === '' ? undefined : `${said}; in the document it has no body`;
  }
  if (headers['content-type'] !== type) return `${said}; in the document it is ${type}`;
  const validate = validatorOf(content.schema);
  return validate(JSON.parse(body)) ? undefined : `${said}; ${ajv.errorsText(validate.errors)}`;
}

/** Fails unless the OpenAPI document has this answer of the operation. */
export function expectDocumented(operation: string, answer: Answer): void {
  expect(undocumented(operation, answer)).toBeUndefined();
}
