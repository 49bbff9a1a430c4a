import { availableParallelism } from 'node:os';
import { readImageFile } from '#model/data/image.ts';
import { EXIT_CODES } from '../../cli/errors.ts';
import type { Io } from '../../cli/io.ts';
import type { Output } from '../../cli/output.ts';
import { askApi } from './ask-api.ts';
import { listImages } from './list-images.ts';
import { type Predictor, predictAll } from './predict-all.ts';
import { openLocalModel } from './predict-locally.ts';
import { apiUrl, readApiImage } from './predict-remotely.ts';

/** Images of one request: what the API takes, and less than its 4 MiB in base64. */
const BATCH = { images: 32, bytes: 3_000_000 };
const PARALLEL = 4;

interface FolderOptions {
  image: string;
  out: string;
  parallel: number | undefined;
  model?: string | undefined;
  domain?: string | undefined;
  url?: string | undefined;
  stack: string;
  region?: string | undefined;
  'endpoint-url'?: string | undefined;
  'api-key'?: string | undefined;
}

/**
 * `graft predict <folder> --out <file>`.
 *
 * @returns exit code 4 where images have no prediction
 */
export async function predictFolder(
  options: FolderOptions,
  { io, output }: { io: Io; output: Output },
): Promise<number> {
  const { image, out, model } = options;
  const images = await listImages(image);
  const predictor = model === undefined ? await remote(options, io) : await local(model, options.parallel);
  try {
    const { predicted, skipped, failed } = await predictAll(images, { predictor, out }, { io, output });
    const before = skipped === 0 ? '' : `, ${skipped} were there already`;
    const without = failed === 0 ? '' : `, ${failed} have none, for the reason in their row`;
    const ok = failed === 0;
    output.result(
      { command: 'predict', ok, out, images: images.length, predicted, skipped, failed },
      `${predicted} predictions in ${out}${before}${without}`,
    );
    return ok ? EXIT_CODES.ok : EXIT_CODES.someFailed;
  } finally {
    await predictor.close();
  }
}

type Closing = Predictor & { close(): Promise<void> };

async function remote(options: FolderOptions, io: Io): Promise<Closing> {
  const url = await apiUrl(options);
  const apiKey = options['api-key'] ?? io.environment.GRAFT_API_KEY;
  return {
    read: readApiImage,
    ask: (images) => askApi(images, { url, domain: options.domain!, apiKey, signal: io.signal }),
    batch: BATCH,
    parallel: options.parallel ?? PARALLEL,
    async close() {},
  };
}

/** A thread computes one image and decodes the next one. */
async function local(folder: string, threads = availableParallelism()): Promise<Closing> {
  const model = await openLocalModel(folder, threads);
  return {
    read: readImageFile,
    ask: async ([image]) => [await model.predict({ image: image! }).catch((error: Error) => error)],
    batch: { images: 1, bytes: Number.POSITIVE_INFINITY },
    parallel: 2 * threads,
    close: () => model.close(),
  };
}
