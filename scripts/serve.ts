import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { createServeMetrics } from '../container/serve/metrics.ts';
import { loadPredictor } from '../container/serve/predictor.ts';
import { createModelServer } from '../container/serve/server.ts';
import { isWrongUsage } from './wrong-usage.ts';

const usage = `npm run serve -- FOLDER [--port 8080] [--threads N]

Serves a model on this machine as an endpoint would: a folder with the content of a training job's model.tar.gz
(model.onnx and served-model.json). It listens on 127.0.0.1 only, until Ctrl-C.

  --port N      0 takes a free one  8080
  --threads N   batches at once     one for each core`;

const DRAIN_LIMIT_MS = 25_000;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '8080' },
      threads: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) console.log(usage);
  else {
    const [folder, ...others] = positionals;
    if (folder === undefined || others.length > 0) {
      throw new InvalidInputError('Name one folder with a served model', { hint: usage });
    }
    const threads = values.threads === undefined ? undefined : whole('--threads', values.threads, [1, 1024]);
    await serve(folder, { port: whole('--port', values.port, [0, 65_535]), threads });
  }
} catch (error) {
  console.error(describeError(error));
  process.exitCode = isWrongUsage(error) ? 2 : 1;
}

function whole(option: string, text: string, [least, most]: [number, number]): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new InvalidInputError(`${option} "${text}" is not a whole number from ${least} to ${most}`);
}

async function serve(folder: string, { port, threads }: { port: number; threads: number | undefined }) {
  const metrics = createServeMetrics();
  const predictor = await loadPredictor(folder, { threads, metrics });
  const { server, ready, drain } = createModelServer(pino(pino.destination(2)), { metrics });
  ready(predictor);
  const end = async (code: number, limitMs: number) => {
    await drain(limitMs);
    await predictor.close();
    process.exit(code);
  };
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (cause) {
    await predictor.close();
    throw new InvalidInputError(`Port ${port} is taken: ${(cause as Error).message}`, {
      cause,
      hint: 'Choose another one with --port, or a free one with --port 0.',
    });
  }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { domain, labels } = predictor.served;
  console.log(`Serving "${domain}" (${labels.join(', ')}) at ${url} until Ctrl-C. Ask it:

  curl --data-binary @image.jpg --header 'content-type: image/jpeg' ${url}/invocations
  curl ${url}/metrics`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void end(0, DRAIN_LIMIT_MS));
  }
  predictor.failure.then((error) => {
    console.error(describeError(error));
    void end(1, 1_000);
  });
}
