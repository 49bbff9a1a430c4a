import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArtifacts } from '#model/keras/artifacts.ts';
import { convertKeras } from '#model/keras/convert.ts';
import { readZip } from '#model/keras/files/zip.ts';
import { importKeras } from '#model/keras/import.ts';
import { difference, runOnnx } from './compare.ts';

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name);
let folder: string;
const file = (name: string, bytes: string | Uint8Array) => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'graft-keras-'));
  file('small.h5', gunzipSync(readFileSync(fixture('small.h5.gz'))));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a file of Keras 3', () => {
  it.each(['keras', 'keras-h5'] as const)('of the format %s gives what Keras computed', async (format) => {
    const path = format === 'keras' ? fixture('small.keras') : join(folder, 'small.h5');
    const { model, origin, preparation } = await importKeras(path);
    expect(origin).toMatchObject({ kind: 'imported', format, producer: 'keras 3.15.1' });
    // The network rescales pixels itself.
    expect(preparation).toEqual({ mean: [0, 0, 0], deviation: [1, 1, 1] });
    const nhwc = (at: number) => (at * 37) % 256;
    const pixels = Float32Array.from({ length: 2 * 3 * 64 }, (_, at) => {
      const [image, channel, place] = [Math.floor(at / 192), Math.floor(at / 64) % 3, at % 64];
      return nhwc((image * 64 + place) * 3 + channel);
    });
    const { output } = await runOnnx(model, { dims: [2, 3, 8, 8], data: pixels });
    const expected = (JSON.parse(readFileSync(fixture('small.json'), 'utf8')) as number[][]).flat();
    expect(difference(output!.data, Float32Array.from(expected))).toBeLessThan(1e-5);
  });

  it('that is cut off is refused', async () => {
    const h5 = readFileSync(join(folder, 'small.h5'));
    const zip = readFileSync(fixture('small.keras'));
    const damaged = 'is damaged';
    await expect(importKeras(file('cut.h5', h5.subarray(0, 20_000)))).rejects.toThrow(damaged);
    await expect(importKeras(file('cut.keras', zip.subarray(0, 5000)))).rejects.toThrow(damaged);
    const changed = Buffer.from(zip);
    changed[4000]! ^= 0xff;
    await expect(importKeras(file('changed.keras', changed))).rejects.toThrow(damaged);
  });

  it('that is something else is refused', async () => {
    await expect(importKeras(join(folder, 'none.h5'))).rejects.toThrow('There is no');
    await expect(importKeras(file('text.keras', 'no model'))).rejects.toThrow('neither a ZIP file');
    await expect(importKeras(file('empty.keras', zipOf({ 'a.txt': 'a' })))).rejects.toThrow(
      'no "config.json"',
    );
  });

  it('that is subclassed, or has weights of another model, is refused by name', async () => {
    const entries = await readZip(fixture('small.keras'), ['config.json', 'model.weights.h5']);
    const config = entries.get('config.json')!.toString();
    const rewritten = (change: (text: string) => string) =>
      importKeras(
        file(
          'rewritten.keras',
          zipOf({ 'config.json': change(config), 'model.weights.h5': entries.get('model.weights.h5')! }),
        ),
      );
    await expect(rewritten(() => '{"class_name":"MyNet","config":{"name":"mine"}}')).rejects.toThrow(
      'The model "mine" is a subclass (MyNet)',
    );
    await expect(
      rewritten((text) => text.replaceAll('"class_name": "RandomFlip"', '"class_name": "Lambda"')),
    ).rejects.toThrow('The layer "flip" is of the class Lambda');
    await expect(rewritten((text) => text.replace('"filters": 4', '"filters": 5'))).rejects.toThrow(
      'The weight "kernel" of the layer "convolution" has the shape [3, 3, 3, 4] instead of [3, 3, 3, 5]',
    );
    await expect(rewritten((text) => text.replace('"use_bias": false', '"use_bias": true'))).rejects.toThrow(
      'The layer "convolution" (Conv2D) needs 2 weights',
    );
    await expect(rewritten((text) => text.replaceAll('"convolution"', '"other"'))).rejects.toThrow(
      'are those of a layer "convolution"',
    );
    await expect(rewritten((text) => text.replaceAll('"channels_last"', '"channels_first"'))).rejects.toThrow(
      'data_format',
    );
    await expect(rewritten((text) => text.slice(0, 100))).rejects.toThrow('is not JSON');
  });

  it('that unpacks to far more than it has is refused', async () => {
    const claimed = zipOf({ 'config.json': '{}', 'model.weights.h5': 'x' }, 2_000_000_000);
    await expect(importKeras(file('bomb.keras', claimed))).rejects.toThrow('which no model needs');
  });
});

describe('a layers model of TensorFlow.js', () => {
  const conv = (config: object) => ({
    class_name: 'Conv2D',
    config: { name: 'c', padding: 'valid', kernel_size: 1, ...config },
  });
  const model = (layers: object[], version = 'tfjs-layers 4.22.0') => ({
    keras_version: version,
    class_name: 'Sequential',
    config: { name: 's', layers },
  });
  const input = { batch_input_shape: [null, 1, 1, 1] };
  const kernel = { name: 'c/kernel', shape: [1, 1, 1, 1], dtype: 'float32' as const };

  function folderOf(name: string, weights: object[], bytes: Uint8Array): string {
    const path = join(folder, name);
    mkdirSync(path);
    writeFileSync(join(path, 'weights.bin'), bytes);
    const modelTopology = model([conv({ filters: 1, use_bias: false, ...input })]);
    writeFileSync(
      join(path, 'model.json'),
      JSON.stringify({ modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights }] }),
    );
    return path;
  }

  it('may have quantised weights', async () => {
    const types = [
      [{ dtype: 'uint8', scale: 0.5, min: -1 }, [7], 2.5],
      [{ dtype: 'uint16', scale: 0.25, min: 1 }, [6, 0], 2.5],
      [{ dtype: 'float16' }, [0x00, 0xc1], -2.5],
    ] as const;
    for (const [quantization, bytes, expected] of types) {
      const path = folderOf(quantization.dtype, [{ ...kernel, quantization }], Uint8Array.from(bytes));
      const found = await runOnnx((await importKeras(path)).model, {
        dims: [1, 1, 1, 1],
        data: Float32Array.of(1),
      });
      expect(found.output!.data[0]).toBe(expected);
    }
  });

  it('with missing, too few or too many weights is refused', async () => {
    await expect(importKeras(folderOf('few', [kernel], new Uint8Array(3)))).rejects.toThrow(
      'The weights end before "c/kernel"',
    );
    await expect(importKeras(folderOf('many', [kernel], new Uint8Array(5)))).rejects.toThrow('have 5 bytes');
    await expect(importKeras(folderOf('none', [], new Uint8Array(0)))).rejects.toThrow('needs 1 weights');
    const lost = folderOf('lost', [kernel], new Uint8Array(4));
    rmSync(join(lost, 'weights.bin'));
    await expect(importKeras(lost)).rejects.toThrow('cannot be read');
    const outside = join(folder, 'few', 'model.json');
    writeFileSync(outside, readFileSync(outside, 'utf8').replace('weights.bin', '../weights.bin'));
    await expect(importKeras(outside)).rejects.toThrow('outside of its folder');
    writeFileSync(outside, '{"format":"graph-model","modelTopology":{},"weightsManifest":[]}');
    await expect(importKeras(outside)).rejects.toThrow('is a graph model');
  });

  it('means by hard_sigmoid what the Keras that wrote it means', async () => {
    for (const [version, expected] of [
      ['2.15.0', 0.7],
      ['3.4.1', 2 / 3],
    ] as const) {
      const layers = [
        { class_name: 'Activation', config: { name: 'a', activation: 'hard_sigmoid', ...input } },
      ];
      const { model: graph } = convertKeras(readArtifacts({ modelTopology: model(layers, version) }));
      const found = await runOnnx(graph, { dims: [1, 1, 1, 1], data: Float32Array.of(1) });
      expect(found.output!.data[0]).toBeCloseTo(expected, 6);
    }
  });

  it('that takes any size asks for one, and one that takes no image is refused', () => {
    const open = readArtifacts({
      modelTopology: model([
        { class_name: 'ReLU', config: { name: 'r', batch_input_shape: [null, null, null, 3] } },
      ]),
    });
    expect(() => convertKeras(open)).toThrow('takes images of any size');
    expect(convertKeras(open, { size: { height: 4, width: 6 } }).input).toEqual([4, 6, 3]);
    const text = readArtifacts({
      modelTopology: model([{ class_name: 'ReLU', config: { name: 'r', batch_input_shape: [null, 5] } }]),
    });
    expect(() => convertKeras(text)).toThrow('has the shape [n, 5]');
  });
});

/** A ZIP file with stored entries, which may claim another size than they have. */
function zipOf(entries: Record<string, string | Uint8Array>, claimedSize?: number): Buffer {
  const [parts, index]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const bytes = Buffer.from(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    if (claimedSize !== undefined) fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(claimedSize ?? bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), bytes]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    index.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, tail, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(index.length, 8);
  end.writeUInt16LE(index.length, 10);
  end.writeUInt32LE(Buffer.concat(index).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...index, end]);
}
