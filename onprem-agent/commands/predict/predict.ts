import { numberOption } from '../../cli/arguments.ts';
import { agentCommand, awsArgs, stackArgs } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import { predictLocally } from './predict-locally.ts';
import { apiUrl, predictRemotely } from './predict-remotely.ts';

export const predict = agentCommand({
  args: {
    image: { type: 'positional', required: true, description: 'JPEG, PNG or WebP file' },
    model: {
      type: 'string',
      valueHint: 'DIR',
      description: 'Model that `graft train` or `graft import` wrote, or a training job’s, unpacked',
    },
    domain: { type: 'string', valueHint: 'NAME', description: 'Domain to ask through the REST API' },
    url: { type: 'string', valueHint: 'URL', description: 'REST API, instead of asking the stack' },
    'api-key': {
      type: 'string',
      valueHint: 'KEY',
      description: 'Key of the REST API; otherwise GRAFT_API_KEY',
    },
    top: { type: 'string', valueHint: 'N', default: '5', description: 'Labels to show' },
    ...stackArgs,
    ...awsArgs,
  },
  examples: [
    'graft predict banana.png --model models/icons',
    'GRAFT_API_KEY=… graft predict banana.png --domain produce',
    'graft predict banana.png --domain produce --url https://abc123.execute-api.eu-central-1.amazonaws.com/dev --api-key …',
  ],
  async run({ args, io, output }) {
    if ((args.model === undefined) === (args.domain === undefined)) {
      throw new UsageError('`graft predict` needs one of --model and --domain');
    }
    const top = numberOption('top', args.top, { minimum: 1, whole: true }) ?? 5;
    const answer =
      args.model !== undefined
        ? await predictLocally(args.image, args.model)
        : await predictRemotely(args.image, {
            url: await apiUrl(args),
            domain: args.domain!,
            apiKey: args['api-key'] ?? io.environment.GRAFT_API_KEY,
            signal: io.signal,
          });
    const predictions = answer.predictions.slice(0, top);
    const width = Math.max(...predictions.map(({ label }) => label.length));
    const lines = predictions.map(
      ({ label, probability }) => `${label.padEnd(width)}  ${probability.toFixed(4)}`,
    );
    if (answer.outOfDomain !== undefined) lines.push(certainty(answer.unsure, answer.outOfDomain));
    output.result({ command: 'predict', ...answer, predictions }, lines.join('\n'));
  },
});

const certainty = (unsure: boolean | undefined, outOfDomain: number) =>
  `${unsure ? 'unsure: it may be none of these' : 'not out of the domain'} (${outOfDomain.toFixed(4)}, unsure above 0.5)`;
