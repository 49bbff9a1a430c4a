import { numberOption } from '../../cli/arguments.ts';
import { agentCommand, awsArgs, stackArgs } from '../../cli/command.ts';
import { EXIT_CODES, UsageError } from '../../cli/errors.ts';
import { isOfMany } from './list-images.ts';
import { isBatch, predictBatch } from './predict-batch.ts';
import { predictLocally } from './predict-locally.ts';
import { apiUrl, predictRemotely } from './predict-remotely.ts';

export const predict = agentCommand({
  args: {
    image: {
      type: 'positional',
      required: true,
      description:
        'Image file; or, with --out, a folder of them, a .txt file with a path a line, or a folder in S3 (s3://…)',
    },
    out: {
      type: 'string',
      valueHint: 'FILE',
      description:
        'CSV file with a row for each image. The same command again predicts those that are missing',
    },
    parallel: {
      type: 'string',
      valueHint: 'N',
      description:
        'With --out: requests under way at once (Default: 4), or with --model threads (a core each)',
    },
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
    'graft predict photographs --domain produce --out results.csv',
    'graft predict s3://BUCKET/domains/produce/november/ --domain produce --out results.csv',
    'graft predict banana.png --domain produce --url https://abc123.execute-api.eu-central-1.amazonaws.com/dev --api-key …',
  ],
  async run({ args, io, output }) {
    if ((args.model === undefined) === (args.domain === undefined)) {
      throw new UsageError('`graft predict` needs one of --model and --domain');
    }
    const apiKey = args['api-key'] ?? io.environment.GRAFT_API_KEY;
    if (isBatch(args.image)) {
      const { domain, out } = args;
      if (domain === undefined || out === undefined || args.parallel !== undefined) {
        throw new UsageError(
          'A folder in S3 is predicted as a batch: it needs --domain and --out, and has no --parallel',
        );
      }
      const url = await apiUrl(args);
      return predictBatch({ input: args.image, out, url, domain, apiKey }, { io, output });
    }
    const parallel = numberOption('parallel', args.parallel, { minimum: 1, maximum: 64, whole: true });
    if (args.out !== undefined) {
      const { predictFolder } = await import('./predict-folder.ts');
      return predictFolder({ ...args, out: args.out, parallel }, { io, output });
    }
    if (await isOfMany(args.image)) {
      throw new UsageError(`"${args.image}" has many images: \`graft predict\` then needs --out`);
    }
    const top = numberOption('top', args.top, { minimum: 1, whole: true }) ?? 5;
    const answer =
      args.model !== undefined
        ? await predictLocally(args.image, args.model)
        : await predictRemotely(args.image, {
            url: await apiUrl(args),
            domain: args.domain!,
            apiKey,
            signal: io.signal,
          });
    const predictions = answer.predictions.slice(0, top);
    const width = Math.max(...predictions.map(({ label }) => label.length));
    const lines = predictions.map(
      ({ label, probability }) => `${label.padEnd(width)}  ${probability.toFixed(4)}`,
    );
    if (answer.outOfDomain !== undefined) lines.push(certainty(answer.unsure, answer.outOfDomain));
    output.result({ command: 'predict', ...answer, predictions }, lines.join('\n'));
    return EXIT_CODES.ok;
  },
});

const certainty = (unsure: boolean | undefined, outOfDomain: number) =>
  `${unsure ? 'unsure: it may be none of these' : 'not out of the domain'} (${outOfDomain.toFixed(4)}, unsure above 0.5)`;
