import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { floats, node, toBytes } from '../../../model/onnx/build.ts';
import { identifyModel } from '../../../model/onnx/identify.ts';
import { importGraph } from '../../../model/onnx/import-graph.ts';
import {
  FunctionProtoSchema,
  type ModelProto,
  TensorProto_DataLocation,
  TensorProto_DataType,
} from '../../../model/onnx/proto/onnx_pb.js';
import { readOnnx } from '../../../model/onnx/read.ts';
import { images, Network, runModel } from './network-fixture.ts';

let root: string;
let file: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-onnx-'));
  file = join(root, 'net.onnx');
});
afterEach(() => rm(root, { recursive: true, force: true }));

function network(): ModelProto {
  const net = new Network();
  const flat = net.op('Flatten', [net.op('GlobalAveragePool', [net.stem()])]);
  return net.model(net.op('Gemm', [flat, net.weights(8, 5)]));
}

const save = (model: ModelProto) => writeFile(file, toBytes(model));

/** Moves the first constant's values into a file beside the model. */
async function externalise(model: ModelProto, entries: Record<string, string>, data = 'net.data') {
  const tensor = model.graph!.initializer[0]!;
  const bytes = tensor.rawData;
  tensor.rawData = new Uint8Array();
  tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
  tensor.externalData = Object.entries({ location: data, ...entries }).map(([key, value]) => ({
    $typeName: 'onnx.StringStringEntryProto',
    key,
    value,
  }));
  await save(model);
  return bytes;
}

const failure = (path = file) =>
  readOnnx(path).then(
    () => expect.unreachable(),
    (error: Error & { hint?: string }) => error,
  );

describe('constants in files beside the model', () => {
  it('end up inside it, wherever in the file they are', async () => {
    const input = images([1, 3, 16, 16]);
    const expected = await runModel(network(), input);
    const bytes = await externalise(network(), { offset: '64', length: '648' });
    await writeFile(join(root, 'net.data'), Buffer.concat([Buffer.alloc(64, 7), bytes, Buffer.from('more')]));
    const seen: number[][] = [];

    const { model } = await readOnnx(file, { onProgress: (done, total) => seen.push([done, total]) });

    expect(await runModel(model, input)).toEqual(expected);
    expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a file that is cut short', {}, /has 10 bytes, and the constant weights_0 should be at bytes 0 to 648/],
    ['another length', { length: '640' }, /has 648 bytes, and the model's file says offset 0, length 640/],
    ['an offset that is none', { offset: '-8' }, /offset -8/],
    ['a file that is not there', { location: 'other.data' }, /"other.data", which is not beside it/],
    ['a file above', { location: '../net.data' }, /"\.\.\/net.data", outside its own folder/],
    ['an absolute path', { location: '/etc/passwd' }, /"\/etc\/passwd", outside its own folder/],
    ['a link that leads out', { location: 'link' }, /"link", outside its own folder/],
    ['a folder', { location: 'folder' }, /it is a folder/],
  ])('are refused with %s', async (_, entries, message) => {
    await externalise(network(), entries);
    await writeFile(join(root, 'net.data'), 'ten bytes.');
    await mkdir(join(root, 'folder'));
    await symlink('/etc/passwd', join(root, 'link'));

    const error = await failure();

    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/\S/);
  });
});

describe('weights in half precision', () => {
  it('become 32-bit floats, casts, inputs and outputs too', async () => {
    const net = new Network();
    const half = net.op('Cast', ['pixels'], { to: BigInt(TensorProto_DataType.FLOAT16) });
    const flat = net.op('Flatten', [net.op('GlobalAveragePool', [net.stem(half)])]);
    const model = net.model(net.op('Gemm', [flat, net.weights(8, 5)]));
    const expected: Float32Array[] = [];
    for (const tensor of model.graph!.initializer) {
      const values = new Float32Array(Uint8Array.from(tensor.rawData).buffer);
      const halves = Uint16Array.from(values, toHalf);
      expected.push(Float32Array.from(halves, fromHalf));
      tensor.dataType = TensorProto_DataType.FLOAT16;
      // Both ways in which ONNX keeps them.
      if (expected.length % 2 === 0) tensor.int32Data = [...halves];
      tensor.rawData = expected.length % 2 === 0 ? new Uint8Array() : new Uint8Array(halves.buffer);
    }
    (model.graph!.input[0]!.type!.value.value as { elemType: number }).elemType =
      TensorProto_DataType.FLOAT16;
    await save(model);

    const source = await readOnnx(file);

    const found = source.model.graph!.initializer.map(
      ({ rawData }) => new Float32Array(Uint8Array.from(rawData).buffer),
    );
    expect(found).toEqual(expected);
    expect((await importGraph(source)).features[0]!.width).toBe(8);
  });

  it('keep what is special among 16-bit values', async () => {
    const model = network();
    const bits = [0, 0x8000, 0x3c00, 0xc500, 0x0001, 0x7bff, 0x7c00, 0xfc00];
    const tensor = model.graph!.initializer.find(({ dims }) => dims.join() === '8')!;
    Object.assign(tensor, {
      dataType: TensorProto_DataType.FLOAT16,
      rawData: new Uint8Array(Uint16Array.from(bits).buffer),
    });
    const brain = floats('brain', [2], new Float32Array(2));
    Object.assign(brain, {
      dataType: TensorProto_DataType.BFLOAT16,
      rawData: new Uint8Array(Uint16Array.of(0x3fc0, 0xc040).buffer),
    });
    model.graph!.initializer.push(brain);
    await save(model);

    const { model: read } = await readOnnx(file);

    const valuesOf = (name: string) => [
      ...new Float32Array(
        Uint8Array.from(read.graph!.initializer.find((each) => each.name === name)!.rawData).buffer,
      ),
    ];
    expect(valuesOf(tensor.name)).toEqual([
      0,
      -0,
      1,
      -5,
      2 ** -24,
      65504,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
    expect(valuesOf('brain')).toEqual([1.5, -3]);
  });
});

describe('a graph that cannot be run here is refused:', () => {
  it('operators of a plug-in', async () => {
    const model = network();
    model.graph!.node.push(Object.assign(node('Roll', ['last_map'], ['rolled']), { domain: 'com.example' }));
    await save(model);
    expect((await failure()).message).toMatch('no part of ONNX: com.example::Roll');
  });

  it('functions', async () => {
    const model = network();
    model.functions = [create(FunctionProtoSchema, { name: 'Flatten' })];
    await save(model);
    const { message, hint } = await failure();
    expect(message).toMatch('divided into functions (Flatten)');
    expect(hint).toMatch('inline_local_functions');
  });

  it.each<[string, (model: ModelProto) => void, RegExp]>([
    [
      'an opset that is too new',
      (model) => {
        model.opsetImport[0]!.version = 99n;
      },
      /newer operators \(opset ai.onnx 99\)/,
    ],
    [
      'an opset that is too old',
      (model) => {
        model.opsetImport[0]!.version = 8n;
      },
      /operators of opset 8, and 9 is the oldest/,
    ],
    [
      'a format that is too new',
      (model) => {
        model.irVersion = 99n;
      },
      /version of ONNX's format \(99\) is newer/,
    ],
    [
      'an operator that ONNX does not have',
      (model) => {
        model.graph!.node[1]!.opType = 'Rely';
      },
      /cannot load the graph.*Rely/,
    ],
  ])('%s', async (_, change, message) => {
    const model = network();
    change(model);
    await save(model);
    await expect(readOnnx(file).then((source) => importGraph(source))).rejects.toThrow(message);
  });

  it('one of more than 2 GB, before it is read', async () => {
    await save(network());
    await truncate(file, 2 ** 31);
    expect((await failure()).message).toMatch(
      /has 2\.1 GB, and a model in one file of ONNX's format has 2 GB/,
    );
  });

  it('one of more than 2 GB with the files beside it', async () => {
    const model = network();
    model.graph!.initializer[0]!.dims = [2n ** 29n];
    await externalise(model, {});
    expect((await failure()).message).toMatch(/2\.1 GB/);
  });

  it('one that was cut short', async () => {
    await writeFile(file, toBytes(network()).slice(0, 900));
    const { message, hint } = await failure();
    expect(message).toMatch(/is no model in ONNX's format, or it was cut short$/);
    expect(hint).toMatch(/Copy it again/);
  });

  it('other bytes', async () => {
    await writeFile(file, 'hello');
    expect((await failure()).message).toMatch(/is no model in ONNX's format/);
  });
});

describe('what a file is', () => {
  const zip = (name: string) =>
    Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(26), Buffer.from(name)]);

  it.each<[string, string, Buffer | string, RegExp, RegExp]>([
    ['a file of PyTorch', 'net.pt', zip('net/data.pkl'), /is a file of PyTorch/, /torch\.onnx\.export\(timm/],
    [
      'an old file of PyTorch',
      'net.pth',
      Buffer.from([0x80, 2, 0x8a]),
      /is a file of PyTorch/,
      /torch\.onnx\.export/,
    ],
    [
      'safetensors',
      'net.safetensors',
      Buffer.concat([Buffer.from([40, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"head.weight":{}}')]),
      /weights in the safetensors format, without the network/,
      /checkpoint_path='.*net\.safetensors'/,
    ],
    ['TensorFlow Lite', 'net.tflite', '\x1c\0\0\0TFL3', /model of TensorFlow Lite/, /--tflite .*net\.tflite/],
    [
      'a pointer',
      'net.onnx',
      'version https://git-lfs.github.com/spec/v1',
      /pointer of Git LFS/,
      /git lfs pull/,
    ],
    ['a graph of TensorFlow', 'net.pb', '\x0a\x02', /graph of TensorFlow/, /tf2onnx/],
    ['nothing', 'net.onnx', '', /is empty/, /Copy/],
  ])('is said of %s, with the line that exports it', async (_, name, content, message, hint) => {
    await writeFile(join(root, name), content, 'latin1');
    const error = await identifyModel(join(root, name)).catch((cause) => cause);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  it.each([
    ['keras', 'net.keras', zip('metadata.json')],
    ['keras-h5', 'net', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')],
    ['tfjs', 'any.json', Buffer.from('{"format":"layers-model"}')],
    ['onnx', 'net.onnx', Buffer.from([8, 8])],
  ])('is %s by its content', async (format, name, content) => {
    await writeFile(join(root, name), content);
    expect(await identifyModel(join(root, name))).toEqual({ format, file: join(root, name) });
  });

  it('is found in a folder', async () => {
    const at = join(root, 'folder');
    await mkdir(at);
    await expect(identifyModel(at)).rejects.toThrow('holds no model');
    await writeFile(join(at, 'model.json'), '{}');
    expect(await identifyModel(at)).toEqual({ format: 'tfjs', file: join(at, 'model.json') });
    await writeFile(join(at, 'a.onnx'), 'x');
    expect(await identifyModel(at)).toEqual({ format: 'onnx', file: join(at, 'a.onnx') });
    await writeFile(join(at, 'b.onnx'), 'x');
    await expect(identifyModel(at)).rejects.toThrow('several models: a.onnx, b.onnx');
    await writeFile(join(at, 'saved_model.pb'), 'x');
    const error = await identifyModel(at).catch((cause) => cause);
    expect(error.message).toMatch('is a TensorFlow SavedModel');
    expect(error.hint).toMatch(`python -m tf2onnx.convert --saved-model ${at}`);
    await expect(identifyModel(join(root, 'nothing'))).rejects.toThrow(/There is no ".*nothing"/);
  });
});

const toHalf = (value: number): number => {
  const [bits] = new Uint32Array(Float32Array.of(value).buffer);
  const exponent = ((bits! >> 23) & 0xff) - 112;
  return exponent <= 0 ? 0 : ((bits! >> 16) & 0x8000) | (exponent << 10) | ((bits! >> 13) & 0x3ff);
};
const fromHalf = (bits: number): number =>
  bits & 0x7fff
    ? (bits & 0x8000 ? -1 : 1) * (1 + (bits & 0x3ff) / 1024) * 2 ** (((bits >> 10) & 0x1f) - 15)
    : 0;
