/**
 * Converts one of Keras's applications and compares it with what Keras computed: a process of its own, so that its
 * memory is its own. Prints one line of JSON, an `ImportMeasurement`.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '#core/parse.ts';
import { convertKeras } from '#model/keras/convert.ts';
import { openKerasModel } from '#model/keras/files/open.ts';
import { toBytes } from '#model/onnx/build.ts';
import { openSession } from '#model/onnx/session.ts';
import { channelsFirst, millisecondsOf, readFloats, relativeDifference } from './compare.ts';
import type { ImportMeasurement } from './measurement.ts';

/** What `bench/peers/keras_application.py` prints. */
const referenceSchema = z.object({
  height: z.int(),
  width: z.int(),
  map: z.string(),
  shapes: z.array(z.array(z.int())).length(2),
});

const [folder, file, reference] = process.argv.slice(2) as [string, string, string];
const { height, width, map, shapes } = parseJson(
  referenceSchema,
  reference,
  "Keras's description of the model",
);
const floats = (name: string) => readFloats(join(folder, `${name}.f32`));

const started = performance.now();
const opened = await openKerasModel(join(folder, file));
const [layer] = opened.network.outputs;
const { model } = convertKeras(opened, { layout: 'NHWC', outputs: { map, output: layer!.layer } });
opened.close();
const bytes = toBytes(model);
const importSeconds = (performance.now() - started) / 1000;

const session = await openSession(bytes);
const images = { dims: [2, height, width, 3], data: floats('input') };
const found = await session.run({ image: images });
const result: ImportMeasurement = {
  difference: Math.max(
    relativeDifference(found.map!.data, channelsFirst(floats('map'), shapes[0]!)),
    relativeDifference(found.output!.data, floats('output')),
  ),
  importSeconds,
  millisecondsPerImage: await millisecondsOf(session, images),
  megabytes: bytes.length / 1e6,
};
await session.close();
console.log(JSON.stringify(result));
