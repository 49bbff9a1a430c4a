/**
 * The models of a SageMaker multi-model endpoint. SageMaker fetches and unpacks an archive, tells the
 * container to load it, and to unload the model that was used least lately when the container says 507.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/mms-container-apis.html
 */
import { resolve, sep } from 'node:path';
import type { Logger } from 'pino';
import * as z from 'zod';
import { describeError } from '#core/errors.ts';
import { ProblemError } from '#core/problem.ts';
import type { ServeMetrics } from './metrics.ts';
import { createModel, type Model } from './model.ts';
import { memoryOf } from './model-memory.ts';
import type { Models } from './models.ts';
import { loadPredictor, type PredictorOptions } from './predictor.ts';
import { type Asked, allow, decoded, jsonReply, type Reply } from './reply.ts';
import { readBody } from './request-body.ts';

const PAGE = 100;

const loadSchema = z.object({ model_name: z.string().min(1).max(1024), url: z.string().min(1) });

interface Entry {
  url: string;
  bytes: number;
  /** Undefined after its thread has died, until it is asked. Rejects when it cannot be loaded. */
  model: Promise<Model> | undefined;
}

export interface ManyModelsOptions extends Pick<PredictorOptions, 'batchSize'> {
  /** Below which all models lie. */
  root: string;
  /** Bytes that all models may take. */
  memory: number;
  log: Logger;
  metrics: ServeMetrics;
  /** Answers `/models/…/invoke`. */
  invoke(asked: Asked, model: Model): Promise<Reply>;
}

export interface ManyModels extends Models {
  /** Unloads all of them. */
  close(): Promise<void>;
}

export function createManyModels(options: ManyModelsOptions): ManyModels {
  const { root, memory, log, metrics, batchSize, invoke } = options;
  const entries = new Map<string, Entry>();

  /** Each model has a thread of its own: what breaks one of them leaves the others alone. */
  async function open(name: string, url: string): Promise<Model> {
    const predictor = await loadPredictor(url, { threads: 1, batchSize, metrics });
    predictor.failure.then((error) => {
      log.error({ err: error, model: name }, 'a thread has died: its model is loaded again when it is asked');
      const entry = entries.get(name);
      if (entry !== undefined) entry.model = undefined;
    });
    return createModel(predictor, metrics);
  }

  async function find(name: string): Promise<Model> {
    const entry = entries.get(name);
    if (entry === undefined) throw new ProblemError(404, `The model "${name}" is not loaded`);
    entry.model ??= open(name, resolve(entry.url));
    return entry.model;
  }

  async function load(body: Buffer): Promise<Reply> {
    const { model_name: name, url } = parseLoad(body);
    const folder = resolve(url);
    if (!folder.startsWith(resolve(root) + sep)) {
      throw new ProblemError(400, `url: ${url} is not below ${root}`);
    }
    if (entries.has(name)) throw new ProblemError(409, `The model "${name}" is loaded already`);
    const bytes = await memoryOf(folder).catch((cause: unknown) => {
      throw unloadable(name, cause);
    });
    const taken = [...entries.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    if (taken + bytes > memory) {
      throw new ProblemError(507, `There is no memory for "${name}": ${entries.size} models are loaded`);
    }
    if (entries.has(name)) throw new ProblemError(409, `The model "${name}" is being loaded`);
    const model = open(name, folder);
    entries.set(name, { url, bytes, model });
    try {
      await model;
    } catch (cause) {
      entries.delete(name);
      throw unloadable(name, cause);
    }
    log.info({ model: name, models: entries.size }, 'model is warm');
    return jsonReply({ modelName: name, modelUrl: url });
  }

  function unloadable(name: string, cause: unknown): ProblemError {
    log.error({ err: cause, model: name }, 'a model cannot be served');
    return new ProblemError(500, `The model "${name}" cannot be served: ${describeError(cause)}`, { cause });
  }

  async function unload(name: string): Promise<Reply> {
    const model = await find(name);
    entries.delete(name);
    await model.predictor.close();
    return jsonReply({});
  }

  function list(query: URLSearchParams): Reply {
    const from = Number(query.get('next_page_token') ?? 0);
    const names = [...entries].map(([modelName, { url }]) => ({ modelName, modelUrl: url }));
    const next = from + PAGE < names.length ? { nextPageToken: String(from + PAGE) } : {};
    return jsonReply({ ...next, models: names.slice(from, from + PAGE) });
  }

  return {
    describe: () => ({ status: 'ready', models: entries.size }),
    only() {
      throw new ProblemError(404, 'This container has many models: ask /models/NAME/invoke');
    },
    find,
    async manage(asked, path) {
      const { request } = asked;
      if (path === '/models') {
        allow(request, ['GET', 'POST']);
        if (request.method === 'POST') return load(await readBody(request));
        return list(new URLSearchParams((request.url ?? '').split('?')[1]));
      }
      const [, encoded, what] = /^\/models\/([^/]+)(?:\/(invoke))?$/.exec(path) ?? [];
      if (encoded === undefined) throw new ProblemError(404, `There is no ${path}`);
      const name = decoded(encoded);
      if (what === 'invoke') return invoke(asked, await find(name));
      allow(request, ['GET', 'DELETE']);
      if (request.method === 'DELETE') return unload(name);
      await find(name);
      return jsonReply({ modelName: name, modelUrl: entries.get(name)!.url });
    },
    async close() {
      const models = await Promise.allSettled([...entries.values()].map(({ model }) => model));
      entries.clear();
      await Promise.all(
        models.map((each) => (each.status === 'fulfilled' ? each.value?.predictor.close() : undefined)),
      );
    },
  };
}

function parseLoad(body: Buffer) {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new ProblemError(400, `The body is not JSON (${(cause as Error).message})`);
  }
  const result = loadSchema.safeParse(value);
  if (result.success) return result.data;
  throw new ProblemError(400, 'Expected {"model_name": …, "url": …}');
}
