/**
 * Copies the MobileNet V1 of TensorFlow.js into a folder, with what the hand-made ONNX graph of the same
 * network computes. Prints the names of the files as one line of JSON, a `NetworkFiles`.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSession } from '#model/onnx/session.ts';
import type { NetworkFiles } from './networks.ts';

const [data, folder] = process.argv.slice(2) as [string, string];
const bytes = await readFile(join(data, 'onnx', 'input.f32'));
const input = new Float32Array(Uint8Array.from(bytes).buffer);
const session = await openSession(join(data, 'onnx', 'mobilenet_v1_imagenet_cut12.onnx'));
const { features } = await session.run({ image: { dims: [2, 3, 224, 224], data: input } });
await session.close();

const files: NetworkFiles = { model: 'model', input: 'input.f32', features: 'features.f32' };
await cp(join(data, 'mobilenet-v1-imagenet'), join(folder, files.model), { recursive: true });
await writeFile(join(folder, files.input), bytes);
await writeFile(join(folder, files.features), features!.data);
console.log(JSON.stringify(files));
