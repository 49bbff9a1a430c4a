/**
 * Converts one model of Keras and compares it with what Keras computed: a process of its own, so that its memory
 * is its own. Prints one line of JSON (`KerasMeasurement`).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '#core/parse.ts';
import { convertKeras } from '#model/keras/convert.ts';
import { openKerasModel } from '#model/keras/files/open.ts';
import { toBytes } from '#model/onnx/build.ts';
import { openSession } from '#model/onnx/session.ts';
import { median } from '../shared/summary.ts';

/** Runs of one image that are timed, after one that is not. */
const TIMED_RUNS = 8;

/** What `bench/peers/keras_application.py` prints. */
const referenceSchema = z.object({
  height: z.int(),
  width: z.int(),
  map: z.string(),
  shapes: z.array(z.array(z.int())).length(2),
});

export interface KerasMeasurement {
  /** Largest differences to Keras's map and output, relative to the largest value of each. */
  map: number;
  output: number;
  /** From the file to the bytes of the graph. */
  importSeconds: number;
  millisecondsPerImage: number;
  megabytes: number;
}

const [folder, file, reference] = process.argv.slice(2) as [string, string, string];
const { height, width, map, shapes } = parseJson(
  referenceSchema,
  reference,
  "Keras's description of the model",
);

const started = performance.now();
const opened = await openKerasModel(join(folder, file));
const [layer] = opened.network.outputs;
const { model } = convertKeras(opened, { layout: 'NHWC', outputs: { map, output: layer!.layer } });
opened.close();
const bytes = toBytes(model);
const importSeconds = (performance.now() - started) / 1000;

const session = await openSession(bytes);
const input = floats('input');
const found = await session.run({ image: { dims: [2, height, width, 3], data: input } });
const one = { dims: [1, height, width, 3], data: input.subarray(0, height * width * 3) };
const times: number[] = [];
for (let run = 0; run <= TIMED_RUNS; run++) {
  const begun = performance.now();
  await session.run({ image: one });
  if (run > 0) times.push(performance.now() - begun);
}
await session.close();

const result: KerasMeasurement = {
  map: difference(found.map!.data, channelsFirst(floats('map'), shapes[0]!)),
  output: difference(found.output!.data, floats('output')),
  importSeconds,
  millisecondsPerImage: median(times),
  megabytes: bytes.length / 1e6,
};
console.log(JSON.stringify(result));

function floats(name: string): Float32Array {
  return new Float32Array(Uint8Array.from(readFileSync(join(folder, `${name}.f32`))).buffer);
}

/** [n, height, width, channels] → [n, channels, height, width]. */
function channelsFirst(values: Float32Array, shape: readonly number[]): Float32Array {
  const [, rows, columns, channels] = shape as [number, number, number, number];
  const places = rows * columns;
  return values.map((_, index) => {
    const image = Math.floor(index / (places * channels));
    const channel = Math.floor(index / places) % channels;
    return values[(image * places + (index % places)) * channels + channel]!;
  });
}

function difference(values: Float32Array, expected: Float32Array): number {
  if (values.length !== expected.length)
    throw new Error(`${values.length} values instead of ${expected.length}`);
  let [largest, most] = [0, 0];
  for (const [index, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs(value));
    most = Math.max(most, Math.abs(value - values[index]!));
  }
  return Number.isNaN(most) ? Number.POSITIVE_INFINITY : most / largest;
}
