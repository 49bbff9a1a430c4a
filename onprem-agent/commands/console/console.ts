import { once } from 'node:events';
import { startConsole } from '../../../console/server/start.ts';
import { numberOption } from '../../cli/arguments.ts';
import { agentCommand, awsArgs, stackArgs } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import { personArgs, personOf } from '../../cli/person.ts';
import { stateFolder } from '../../state-folder.ts';
import { browserOpener, openInBrowser } from './open-browser.ts';
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
    open: {
      type: 'boolean',
      description: 'Open it in the browser (Default: on a terminal; --no-open for not)',
    },
    agent: {
      type: 'string',
      valueHint: 'URL,…',
      description: 'Other machines’ `graft watch`, whose uploads are shown, such as http://127.0.0.1:9464',
    },
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
      {
        ...{ stack: args.stack, person, readOnly: args['read-only'] === true },
        agents: addressesIn(args.agent),
      },
      io.environment,
    );
    const running = await startConsole({ services, page: await readPageFiles(), port });
    output.note('ready', { url: running.url }, `Open ${running.url}\nUntil Ctrl-C. The address is a secret.`);
    const opener = browserOpener(io.environment);
    const opens = typeof args.open === 'boolean' ? args.open : io.isTerminal && args.json !== true;
    if (args.open === true && opener === undefined) {
      output.warn({}, 'No browser can be opened here (CI, SSH, or no display): open the address by hand');
    }
    const forget =
      opens && opener !== undefined
        ? await openInBrowser(running.url, opener, stateFolder(io.environment))
        : undefined;
    if (!io.signal.aborted) await once(io.signal, 'abort');
    await forget?.();
    await running.stop();
    output.result({ command: 'console', stopped: true }, 'Stopped.');
  },
});

/** @throws UsageError for what is no address of the web */
function addressesIn(text = ''): URL[] {
  const named = text.split(',').map((each) => each.trim());
  return named
    .filter((each) => each !== '')
    .map((each) => {
      if (URL.canParse(each) && /^https?:\/\//i.test(each)) return new URL(each);
      throw new UsageError(
        `--agent is "${each}": expected an address such as http://127.0.0.1:9464`,
        'It is the one that `graft watch` prints with its metrics, or the end of a tunnel to it.',
      );
    });
}
