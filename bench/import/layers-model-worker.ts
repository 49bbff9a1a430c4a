/**
 * Converts the MobileNet V1 of TensorFlow.js in the data for benchmarks, and compares it with the hand-made ONNX graph
 * of the same network. Prints one line of JSON, an `ImportMeasurement`.
 */
import { join } from 'node:path';
import { importKeras } from '#model/keras/import.ts';
import { toBytes } from '#model/onnx/build.ts';
import { openSession } from '#model/onnx/session.ts';
import { meansOverPlaces, millisecondsOf, readFloats, relativeDifference } from './compare.ts';
import type { ImportMeasurement } from './measurement.ts';

const [data] = process.argv.slice(2) as [string];
const images = { dims: [2, 3, 224, 224], data: readFloats(join(data, 'onnx', 'input.f32')) };

const started = performance.now();
const bytes = toBytes((await importKeras(join(data, 'mobilenet-v1-imagenet'))).model);
const importSeconds = (performance.now() - started) / 1000;

const reference = await openSession(join(data, 'onnx', 'mobilenet_v1_imagenet_cut12.onnx'));
const expected = await reference.run({ image: images });
await reference.close();
const session = await openSession(bytes);
const found = await session.run({ image: images });
const result: ImportMeasurement = {
  difference: relativeDifference(meansOverPlaces(found.output!), expected.features!.data),
  importSeconds,
  millisecondsPerImage: await millisecondsOf(session, images),
  megabytes: bytes.length / 1e6,
};
await session.close();
console.log(JSON.stringify(result));
