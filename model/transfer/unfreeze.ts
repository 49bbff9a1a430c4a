import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Recipe } from '#core/contracts/domain.ts';
import type { Choices } from '#core/contracts/evaluation.ts';
import { assemble } from './assemble.ts';
import { calibratedLoss, confidencesOf, cool, fitTemperature } from './calibration.ts';
import type { FeatureRows } from './feature-rows.ts';
import type { Backbone } from './features.ts';
import type { Candidate } from './head.ts';
import type { HeadTask, HeadWeights, HeldOut } from './head-objective.ts';
import { logitsOfRows, type TopTask, topOf, trainTop } from './top.ts';

/** Epochs are not worth keeping for less than this share of the loss. */
const LEAST_GAIN = 0.01;

export interface UnfreezeOptions {
  backbone: Backbone;
  /** Layer below the top, and its cached output. */
  below: string;
  inputs: FeatureRows;
  /** Rows, classes and what each head holds out. */
  task: HeadTask;
  chosen: Candidate;
  recipe: Recipe;
  /** Images that are held out by one head or another. */
  validationImages: number;
  signal?: AbortSignal | undefined;
}

/** What unfreezing is worth on what was held out, and after how many epochs it is worth most. */
export interface Unfreezing {
  report: NonNullable<Choices['unfreezing']>;
  /** Of the epochs that are kept, as they are without any temperature. */
  held: HeldOut;
  /** That of the head that was unfrozen included. */
  temperature: number;
}

/**
 * Trains the top blocks together with each head of the cross-validation, with its low learning rate, and looks after each epoch at what was
 * held out. Epochs are kept only where they lower the loss by more than 1 %: more weights than images can do harm.
 */
export async function validateUnfreezing(options: UnfreezeOptions): Promise<Unfreezing> {
  const { task, chosen, recipe, validationImages, signal } = options;
  const { epochs, blocks } = recipe.unfreeze;
  const rowsOf = (wanted: (heldOutBy: number) => boolean) =>
    Int32Array.from(task.heldOutBy.keys()).filter((row) => wanted(task.heldOutBy[row]!));
  const classes: number[] = [];
  const logits: Float32Array[][] = Array.from({ length: epochs + 1 }, () => []);
  for (const [head, weights] of chosen.weights.entries()) {
    const held = rowsOf((by) => by === head);
    classes.push(...Array.from(held, (row) => task.classes[row]!));
    await trainOne(options, cool(weights, chosen.temperature), epochs, {
      rows: rowsOf((by) => by !== head),
      async atEpoch(epoch, top) {
        logits[epoch]!.push(await logitsOfRows({ ...top, signal }, held));
      },
    });
  }
  const candidates = logits.map((parts): Unfreezing['held'] => {
    return { logits: joined(parts), classes: Int32Array.from(classes) };
  });
  const temperatures = candidates.map((held) =>
    recipe.calibration ? fitTemperature(held, validationImages) : 1,
  );
  const losses = candidates.map((held, epoch) => calibratedLoss(held, temperatures[epoch]!));
  const lowest = losses.indexOf(Math.min(...losses));
  const kept = losses[lowest]! < losses[0]! * (1 - LEAST_GAIN) ? lowest : 0;
  return {
    report: {
      blocks,
      kept,
      epochs: losses.map((validationLoss, epoch) => ({
        validationLoss,
        validationAccuracy: accuracyOf(candidates[epoch]!),
      })),
    },
    held: {
      ...candidates[kept]!,
      logits: candidates[kept]!.logits.map((logit) => logit * chosen.temperature),
    },
    temperature: chosen.temperature * temperatures[kept]!,
  };
}

/**
 * The whole model, its top trained together with the head for the epochs that validation kept, on all rows.
 *
 * @param head of all rows, before it is cooled
 */
export async function unfreeze(
  options: UnfreezeOptions,
  head: HeadWeights,
  { report, temperature }: Unfreezing,
): Promise<tfl.LayersModel> {
  const rows = Int32Array.from(options.task.classes.keys());
  const first = options.chosen.temperature;
  const training = { rows, temperature: temperature / first, keep: true };
  return trainOne(options, cool(head, first), report.kept, training) as Promise<tfl.LayersModel>;
}

interface OneTraining {
  rows: Int32Array;
  /** Called before the first epoch and after each. */
  atEpoch?(epoch: number, top: Pick<TopTask, 'top' | 'inputs' | 'labels'>): Promise<void>;
  temperature?: number;
  keep?: boolean;
}

async function trainOne(
  { backbone, below, inputs, task, recipe, signal }: UnfreezeOptions,
  head: HeadWeights,
  epochs: number,
  { rows, atEpoch, temperature = 1, keep = false }: OneTraining,
): Promise<tfl.LayersModel | undefined> {
  const model = await assemble(backbone, head, task.labels);
  try {
    const top = topOf(model, below);
    const common = { top, inputs, labels: task.labels };
    await atEpoch?.(0, common);
    await trainTop(
      {
        ...common,
        ...{ classes: task.classes, classWeights: task.classWeights, rows, epochs, signal },
        ...{ learningRate: recipe.unfreeze.learningRate, seed: recipe.seed },
      },
      async (epoch) => atEpoch?.(epoch, common),
    );
    if (keep) coolInPlace(model, temperature);
  } catch (error) {
    model.dispose();
    throw error;
  }
  if (keep) return model;
  model.dispose();
  return undefined;
}

function coolInPlace(model: tfl.LayersModel, temperature: number) {
  const layer = model.layers.at(-1)!;
  const scaled = layer.getWeights().map((weight) => tf.div(weight, temperature));
  layer.setWeights(scaled);
  for (const weight of scaled) weight.dispose();
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function accuracyOf(held: HeldOut): number {
  const answers = confidencesOf(held, 1);
  return answers.filter(({ right }) => right).length / answers.length;
}
