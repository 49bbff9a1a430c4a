import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import type { Command, ContainerOptions } from '../container.ts';
import { InvalidInputError } from '../errors.ts';
import { parse } from '../parse.ts';

const command = z.tuple([z.string().min(1)], z.string());
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);

/** As `ContainerOptions`. */
const containerFile = z.strictObject({
  train: command.optional(),
  serve: command.optional(),
  variables: z.strictObject({ root: variable, host: variable, port: variable }).partial().optional(),
  concurrentJobs: z.int().min(1).max(64).optional(),
  warmContainers: z.int().min(1).max(1_000).optional(),
  spotSeconds: z.number().positive().optional(),
});

/**
 * Reads a file of `ContainerOptions`. A word of a command that starts with `./` or `../` is a path from the
 * file's folder.
 *
 * @throws InvalidInputError when it cannot be read, or naming every wrong field
 */
export function readContainerFile(path: string): ContainerOptions {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InvalidInputError(`--container ${path} cannot be read: ${(error as Error).message}`);
  }
  const { train, serve, ...options } = parse(containerFile, value, `The container file ${path}`);
  const folder = dirname(resolve(path));
  return {
    ...(Object.fromEntries(
      Object.entries(options).filter(([, option]) => option !== undefined),
    ) as ContainerOptions),
    ...(train === undefined ? {} : { train: absolute(train, folder) }),
    ...(serve === undefined ? {} : { serve: absolute(serve, folder) }),
  };
}

/** The programs run in folders of their own, where a relative path would lead elsewhere. */
function absolute(words: Command, folder: string): Command {
  const [program, ...args] = words.map((word) => (/^\.\.?\//.test(word) ? resolve(folder, word) : word));
  return [program as string, ...args];
}
