import { once } from 'node:events';
import { startConsole } from '../../../console/server/start.ts';
import { numberOption } from '../../cli/arguments.ts';
import { agentCommand, awsArgs, stackArgs } from '../../cli/command.ts';
import { personArgs, personOf } from '../../cli/person.ts';
import { readPageFiles } from './page-files.ts';
import { consoleServices } from './services.ts';

const DEFAULT_PORT = 9470;

export const consoleCommand = agentCommand({
  args: {
    port: {
      type: 'string',
      valueHint: 'PORT',
      description: `Port on 127.0.0.1; 0 for any free one (Default: ${DEFAULT_PORT})`,
    },
    'read-only': { type: 'boolean', description: 'Show everything and decide nothing' },
    ...personArgs,
    ...stackArgs,
    ...awsArgs,
  },
  examples: ['graft console', 'graft console --stack graft-prod --read-only'],
  async run({ args, io, output }) {
    const port =
      numberOption('port', args.port, { minimum: 0, maximum: 65_535, whole: true }) ?? DEFAULT_PORT;
    const person = personOf(args.by);
    const services = await consoleServices(
      { region: args.region, endpointUrl: args['endpoint-url'] },
      { stack: args.stack, person, readOnly: args['read-only'] === true },
      io.environment,
    );
    const running = await startConsole({ services, page: await readPageFiles(), port });
    output.note('ready', { url: running.url }, `Open ${running.url}\nUntil Ctrl-C. The address is a secret.`);
    if (!io.signal.aborted) await once(io.signal, 'abort');
    await running.stop();
    output.result({ command: 'console', stopped: true }, 'Stopped.');
  },
});
