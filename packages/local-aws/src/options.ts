import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { InvalidInputError } from './errors.ts';

export const usage = `Runs the packaged stack on this machine: npm run local -- [options]

  --port <number>      port of all services (4566; 0 for any free one)
  --host <address>     address to listen on (127.0.0.1; nothing here asks for a password, so keep it local)
  --state <folder>     what is kept between runs (.graft/local); delete it to start afresh
  --template <file>    packaged template (.serverless/cloudformation-template-update-stack.json)
  --empty              start without a stack; what was deployed before is there again
  --stack <name>       name of the stack (graft-dev)
  --region <name>      region in every ARN (AWS_REGION or eu-central-1)
  --json               print one line {"event":"ready",…} when everything is there; the log goes to standard error
  --help

Example:
  npm run local -- --port 4570
  aws --endpoint-url http://127.0.0.1:4570 --region eu-central-1 stepfunctions list-state-machines`;

export interface Options {
  port: number;
  host: string;
  /** Absolute path. */
  state: string;
  /** Absolute path. */
  template: string;
  stack: string;
  empty: boolean;
  region: string;
  json: boolean;
  help: boolean;
}

/** @throws InvalidInputError naming the option that is wrong */
export function parseOptions(args: readonly string[], environment: NodeJS.ProcessEnv): Options {
  let values: ReturnType<typeof read>['values'];
  try {
    values = read(args).values;
  } catch (cause) {
    throw new InvalidInputError((cause as Error).message, { hint: 'npm run local -- --help' });
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65535) {
    throw new InvalidInputError(`--port must be a number from 0 to 65535, not "${values.port}"`);
  }
  const region = values.region ?? environment.AWS_REGION ?? 'eu-central-1';
  // Functions and containers run in folders of their own, where a relative path would lead elsewhere.
  return { ...values, port, region, state: resolve(values.state), template: resolve(values.template) };
}

function read(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '4566' },
      host: { type: 'string', default: '127.0.0.1' },
      state: { type: 'string', default: '.graft/local' },
      template: { type: 'string', default: '.serverless/cloudformation-template-update-stack.json' },
      empty: { type: 'boolean', default: false },
      stack: { type: 'string', default: 'graft-dev' },
      region: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}
