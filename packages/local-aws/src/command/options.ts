import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { ContainerOptions } from '../container.ts';
import { InvalidInputError } from '../errors.ts';
import { readContainerFile } from './container-file.ts';

/** How a program that runs the local AWS is called, and what it does where an option is missing. */
export interface CommandDefaults {
  /** What a user types, for instance `npx local-aws`. */
  command: string;
  /** State folder. */
  state: string;
  /** Name of the stack. */
  stack: string;
  /** Template file; without one the program starts without a stack. */
  template?: string;
}

export interface Options {
  port: number;
  host: string;
  /** Absolute path. */
  state: string;
  /** Absolute path; without one there is no stack to make. */
  template?: string;
  parameters: Record<string, string>;
  stack: string;
  region: string;
  container?: ContainerOptions;
  json: boolean;
  help: boolean;
}

export function usage({ command, state, stack, template }: CommandDefaults): string {
  return `Runs AWS on this machine, with the stack of a CloudFormation template: ${command} [options]

  --template <file>    CloudFormation template, JSON or YAML (${template ?? 'none'})
  --parameter <n=v>    value of one of the template's parameters; may be given several times
  --empty              start without a stack; what was deployed before is there again
  --stack <name>       name of the stack (${stack})
  --port <number>      port of all services (4566; 0 for any free one)
  --host <address>     address to listen on (127.0.0.1; nothing here asks for a password, so keep it local)
  --state <folder>     what is kept between runs (${state}); delete it to start afresh
  --region <name>      region in every ARN (AWS_REGION or eu-central-1)
  --container <file>   JSON file that names the programs which run as SageMaker's containers
  --json               print one line {"event":"ready",…} when everything is there; the log goes to standard error
  --help

Example:
  ${command} --port 4570
  aws --endpoint-url http://127.0.0.1:4570 --region eu-central-1 stepfunctions list-state-machines`;
}

/** @throws InvalidInputError naming the option that is wrong */
export function parseOptions(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  defaults: CommandDefaults,
): Options {
  let values: ReturnType<typeof read>['values'];
  try {
    values = read(args).values;
  } catch (cause) {
    throw new InvalidInputError((cause as Error).message, { hint: `${defaults.command} --help` });
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65535) {
    throw new InvalidInputError(`--port must be a number from 0 to 65535, not "${values.port}"`);
  }
  const template = values.empty ? undefined : (values.template ?? defaults.template);
  return {
    ...{ port, host: values.host, json: values.json, help: values.help },
    region: values.region ?? environment.AWS_REGION ?? 'eu-central-1',
    // Functions and containers run in folders of their own, where a relative path would lead elsewhere.
    state: resolve(values.state ?? defaults.state),
    stack: values.stack ?? defaults.stack,
    ...(template === undefined ? {} : { template: resolve(template) }),
    parameters: Object.fromEntries(values.parameter.map(parseParameter)),
    ...(values.container === undefined ? {} : { container: readContainerFile(values.container) }),
  };
}

function parseParameter(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidInputError(`--parameter must be a name and a value, not "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function read(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '4566' },
      host: { type: 'string', default: '127.0.0.1' },
      state: { type: 'string' },
      template: { type: 'string' },
      parameter: { type: 'string', multiple: true, default: [] },
      empty: { type: 'boolean', default: false },
      stack: { type: 'string' },
      region: { type: 'string' },
      container: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}
