import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input } from '#core/contracts/common.ts';
import type { CurvePoint } from '#core/contracts/evaluation.ts';
import { type Manifest, MODEL_FILE } from '#core/contracts/manifest.ts';
import { SERVED_OUTPUTS } from '#core/contracts/served-model.ts';
import { curveLine } from '#core/training-lines.ts';
import type { LoadedDataSet } from '#model/data/data-set.ts';
import { openGraph } from '#model/inference/open-graph.ts';
import { exportNetwork } from '#model/keras/export-network.ts';
import { mapOf, networkOutputs } from '#model/network/build-network.ts';
import { fromBytes } from '#model/onnx/build.ts';
import type { ModelProto } from '#model/onnx/proto/onnx_pb.js';
import { withOutputs } from '#model/onnx/with-outputs.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { BASELINE_INPUT, trainBaseline } from '#model/training/baseline.ts';
import type { TrainingHooks, TrainingRecord } from '#model/training/domain-training.ts';
import { extractFeatures } from '#model/transfer/extract.ts';
import { trainTransfer } from '#model/transfer/transfer.ts';
import { averageOf } from '#model/transfer/views.ts';
import type { UnsureFeatures } from '#model/unsure/measure-domain.ts';
import { openCheckpoints } from './checkpoints.ts';
import type { JobInputs } from './read-inputs.ts';
import type { TrainingJob } from './training-job.ts';

/** Variants of each image by which a baseline's images of no class are found. */
const UNSURE_VARIANTS = 4;

/** A network of a domain as a graph, whatever trained it. */
export interface TrainedModel {
  /** Outputs `probabilities`, and the features of `unsure`. */
  graph: ModelProto;
  input: Input;
  /** The caller closes the rows. */
  unsure: UnsureFeatures;
  record: TrainingRecord;
  /** What computed. */
  backend: string;
}

/** @throws the signal's reason, or GraftError */
export function trainModel(job: TrainingJob, inputs: JobInputs, train: LoadedDataSet): Promise<TrainedModel> {
  const hooks: TrainingHooks = {
    onPoint(point: CurvePoint) {
      job.metric(curveLine(point));
      job.onPoint?.(point);
    },
    onResume({ phase, step, curve }) {
      job.log.info({ phase, step }, 'goes on where it was interrupted');
      for (const point of curve) job.onPoint?.(point);
    },
    signal: job.signal,
  };
  const { manifest } = inputs;
  return manifest
    ? transfer(job, { ...inputs, manifest }, train, hooks)
    : baseline(job, inputs, train, hooks);
}

async function transfer(
  { paths, log }: TrainingJob,
  { domain: { recipe }, manifest }: JobInputs & { manifest: Manifest },
  train: LoadedDataSet,
  hooks: TrainingHooks,
): Promise<TrainedModel> {
  const model = fromBytes(await readFile(join(paths.channel('model'), MODEL_FILE)));
  const { graph, input, unsure, runtime, ...record } = await trainTransfer(
    { general: { manifest, model }, train, recipe },
    hooks,
  );
  const { variants, variantBudget, chosen } = record.choices!;
  log.info({ backend: runtime, variants, variantBudget, chosen }, 'head trained');
  return { graph, input, unsure, record, backend: runtime };
}

async function baseline(
  job: TrainingJob,
  inputs: JobInputs,
  train: LoadedDataSet,
  hooks: TrainingHooks,
): Promise<TrainedModel> {
  const { recipe } = inputs.domain;
  const backend = await useBackend(job.backend);
  job.log.info({ backend }, 'baseline is trained');
  const checkpoints = await openCheckpoints(job, inputs, train, backend.name);
  const { model, ...record } = await trainBaseline({ train, recipe, checkpoints }, hooks);
  const view = averageOf(mapOf(model), 1);
  const exported = await exportNetwork(model, { outputs: networkOutputs(model) });
  model.dispose();
  const graph = withOutputs(
    exported,
    [view.part],
    [
      { name: SERVED_OUTPUTS.probabilities, width: train.labels.length },
      { name: view.output, width: view.width },
    ],
  );
  const pool = await openGraph(graph, { inputs: [BASELINE_INPUT], outputs: [view.output] });
  try {
    const [rows] = await extractFeatures(pool, train, {
      form: 0,
      widths: [view.width],
      variants: { perImage: Math.min(UNSURE_VARIANTS, recipe.augmentation), seed: recipe.seed },
      memoryBytes: recipe.memoryMegabytes * 2 ** 20,
      signal: job.signal,
    });
    const unsure = { output: view.output, rows: rows!, images: train };
    return { graph, input: BASELINE_INPUT, unsure, record, backend: backend.name };
  } finally {
    await pool.close();
  }
}
