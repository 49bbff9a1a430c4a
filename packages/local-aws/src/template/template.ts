import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { InvalidInputError, NotFoundError } from '../errors.ts';
import { parse } from '../parse.ts';
import { readYaml } from './yaml.ts';

const parameter = z.looseObject({ Type: z.string(), Default: z.unknown().optional() });

/** What happens to a resource that its stack no longer has. Snapshots are not emulated. */
const policy = z.enum(['Delete', 'Retain', 'RetainExceptOnCreate']);

/**
 * Attributes of a resource. `CreationPolicy` and `UpdatePolicy` are refused, since nothing would act on them.
 */
const resource = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).optional(),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
  Condition: z.string().optional(),
  DeletionPolicy: policy.optional(),
  UpdateReplacePolicy: z.enum(['Delete', 'Retain']).optional(),
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
  return parse(template, value, name, 'docs/fidelity.md of local-aws lists what it reads of a template.');
}

/**
 * Reads a template in JSON, or in YAML with CloudFormation's short tags.
 *
 * @throws InvalidInputError when it is neither, or no template
 */
export function readTemplateText(text: string, name = 'The template'): Template {
  let value: unknown;
  try {
    value = /^\s*\{/.test(text) ? JSON.parse(text) : readYaml(text);
  } catch (cause) {
    const format = /^\s*\{/.test(text) ? 'JSON' : 'YAML';
    throw new InvalidInputError(`${name} is not ${format}: ${(cause as Error).message}`, { cause });
  }
  return parseTemplate(value, name);
}

/**
 * Reads a template's file.
 *
 * @returns its text
 * @throws NotFoundError when it is not there
 * @throws InvalidInputError when it is no template
 */
export function readTemplateFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new NotFoundError(`there is no template at ${path}`);
  }
  readTemplateText(text, `The template ${path}`);
  return text;
}
