import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { NotFoundError } from '#core/errors.ts';
import { parse, parseJson } from '#core/parse.ts';

const parameter = z.looseObject({ Type: z.string(), Default: z.unknown().optional() });

/** What CloudFormation allows around a resource. `CreationPolicy` and `UpdatePolicy` are refused: nothing acts on them here. */
const resource = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).optional(),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
  Condition: z.string().optional(),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  Metadata: z.unknown().optional(),
});

const output = z.strictObject({
  Value: z.unknown(),
  Description: z.string().optional(),
  Condition: z.string().optional(),
  Export: z.strictObject({ Name: z.unknown() }).optional(),
});

/** Sections of a template. `Transform`, `Rules` and `Hooks` are refused as unknown. */
const template = z.strictObject({
  AWSTemplateFormatVersion: z.string().optional(),
  Description: z.string().optional(),
  Metadata: z.unknown().optional(),
  Parameters: z.record(z.string(), parameter).optional(),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).optional(),
  Conditions: z.record(z.string(), z.unknown()).optional(),
  Resources: z.record(z.string(), resource),
  Outputs: z.record(z.string(), output).optional(),
});

export type Template = z.output<typeof template>;
export type TemplateResource = z.output<typeof resource>;

/** @throws InvalidInputError naming every section or attribute that is not known */
export function parseTemplate(value: unknown, name = 'The template'): Template {
  return parse(template, value, name, 'docs/fidelity.md lists what the local AWS reads of a template.');
}

/**
 * Reads the template that `serverless package` wrote.
 *
 * @throws NotFoundError when it is not there
 * @throws InvalidInputError when it is no template
 */
export function readTemplate(path: string): Template {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new NotFoundError(`there is no packaged template at ${path}`, {
      hint: 'Run `npm run package` first, or name another with --template.',
    });
  }
  return parseJson(
    template,
    text,
    `The template ${path}`,
    'docs/fidelity.md lists what the local AWS reads of a template.',
  );
}
