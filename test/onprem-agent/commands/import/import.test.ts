import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifestSchema } from '../../../../core/contracts/manifest.ts';
import { sha256OfFile } from '../../../../core/digest.ts';
import { verifyBytes } from '../../../../core/signature.ts';
import { floats, toBytes } from '../../../../model/onnx/build.ts';
import type { ModelProto } from '../../../../model/onnx/proto/onnx_pb.js';
import { checkReference, onSession } from '../../../../model/onnx/reference.ts';
import { openSession } from '../../../../model/onnx/session.ts';
import { Network } from '../../../model/onnx/network-fixture.ts';
import { graft } from '../../cli.ts';

let root: string;
let file: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-import-'));
  file = join(root, 'net.onnx');
  out = join(root, 'models', 'photos');
  await save(network());
});
afterEach(() => rm(root, { recursive: true, force: true }));

function network(): ModelProto {
  const net = new Network();
  const flat = net.op('Flatten', [net.op('GlobalAveragePool', [net.stem()])]);
  return net.model(net.op('Gemm', [flat, net.weights(8, 3), net.weights(3)]));
}

const save = (model: ModelProto) => writeFile(file, toBytes(model));

const importFile = (...words: string[]) =>
  graft(['import', file, '--out', out, '--name', 'photos', '--json', ...words]);

const readManifest = async () =>
  manifestSchema.parse(JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')));

describe('graft import', () => {
  it('leaves a signed model with everything that another machine needs', async () => {
    const key = join(root, 'key.pem');
    const { last: keys } = await graft(['keygen', '--out', key, '--json']);
    const labels = join(root, 'labels.txt');
    await writeFile(labels, 'apple pie\ncrème brûlée\nv2.0\n');

    const run = await importFile('--preset', 'torchvision', '--labels', labels, '--key', key);

    expect(run.stderr).toBe('');
    expect(run.code).toBe(0);
    expect((await readdir(out)).sort()).toEqual(['manifest.json', 'manifest.sig', 'model.onnx']);
    expect(await readdir(join(root, 'models'))).toEqual(['photos']);
    const manifest = await readManifest();
    const { size, sha256 } = await sha256OfFile(file);
    expect(manifest).toMatchObject({
      model: 'photos',
      input: {
        layout: 'NCHW',
        height: 16,
        width: 16,
        colours: 'RGB',
        resize: { fit: 'cover', crop: 0.875 },
        mean: [123.675, 116.28, 103.53],
        deviation: [58.395, 57.12, 57.375],
      },
      features: [{ name: 'map', width: 8, places: { rows: 4, columns: 4 } }],
      classifier: { name: 'probabilities', labels: ['apple pie', 'crème brûlée', 'v2.0'] },
      origin: {
        kind: 'imported',
        format: 'onnx',
        producer: 'graft',
        source: { name: 'net.onnx', size, sha256 },
      },
    });
    verifyBytes(
      await readFile(join(out, 'manifest.json')),
      await readFile(join(out, 'manifest.sig'), 'utf8'),
      [keys.publicKey],
    );
    expect(run.last).toMatchObject({ ok: true, signed: true, labels: 3, parameters: manifest.parameters });
    expect(run.last.millisecondsPerImage).toBeGreaterThan(0);
  });

  it('measures reference features, which tell a machine that computes something else', async () => {
    await importFile('--preset', 'unit');
    const manifest = await readManifest();
    const session = await openSession(join(out, 'model.onnx'));
    const infer = onSession(session, manifest.input);

    await checkReference(infer, manifest);

    const off = async (pixels: Uint8Array) => {
      const { map } = await infer(pixels);
      return { map: map!.map((value, at) => (at === 3 ? value * 1.5 + 1 : value)) };
    };
    await expect(checkReference(off, manifest)).rejects.toThrow(
      /features "map" of photos .* for synthetic image 1 differ on this machine/,
    );
    const nothing = async () => ({ map: new Float32Array(8 * 16).fill(Number.NaN) });
    await expect(checkReference(nothing, manifest)).rejects.toThrow('differ on this machine');
    await session.close();
  });

  it('prepares images as the options say', async () => {
    const options = ['--mean', '0.5,0.25,0', '--std', '0.5', '--colours', 'bgr', '--resize', 'contain'];
    await importFile(...options, '--interpolation', 'cubic');

    expect((await readManifest()).input).toMatchObject({
      colours: 'BGR',
      mean: [127.5, 63.75, 0],
      deviation: [127.5, 127.5, 127.5],
      resize: { fit: 'contain' },
      interpolation: 'cubic',
    });
  });

  it('says for people what it found', async () => {
    const run = await graft(['import', file, '--out', out, '--name', 'photos', '--preset', 'keras-caffe']);

    expect(run.stderr).toMatch(/Cut before the classifier Gemm_\d+ \(Gemm\), behind Flatten_\d+/);
    expect(run.stdout).toMatch(
      /input {7}16 × 16, NCHW, BGR, \(pixel − \(103.939, 116.779, 123.68\)\) ÷ 1, stretch/,
    );
    expect(run.stdout).toMatch(/features {4}map of 8 × 4 × 4/);
    expect(run.stdout).toMatch(/speed {7}\d+\.\d ms an image/);
  });

  it('replaces a model only with --force', async () => {
    await importFile('--preset', 'unit');
    const before = await readFile(join(out, 'manifest.json'));

    const refused = await importFile('--preset', 'clip');

    expect(refused.last.message).toMatch(/is there already/);
    expect(await readFile(join(out, 'manifest.json'))).toEqual(before);
    expect((await importFile('--preset', 'clip', '--force')).code).toBe(0);
    expect((await readManifest()).input.interpolation).toBe('cubic');
  });
});

describe('graft import refuses, and leaves nothing behind:', () => {
  it.each<[string, string[], number, RegExp, RegExp]>([
    [
      'a file that says nothing about preparing',
      [],
      1,
      /does not say how images are prepared/,
      /--preset: torchvision \(/,
    ],
    ['mean without deviation', ['--mean', '0.5'], 2, /--mean and --std belong together/, /^$/],
    [
      'a mean of another scale',
      ['--mean', '123.675,116.28,103.53', '--std', '0.2'],
      2,
      /--mean is "123.675": expected/,
      /^$/,
    ],
    [
      'a preset and a mean',
      ['--preset', 'unit', '--mean', '0.5', '--std', '0.5'],
      2,
      /--preset says the mean/,
      /^$/,
    ],
    [
      'a preset that is none',
      ['--preset', 'imagenet'],
      2,
      /--preset is "imagenet": expected one of torchvision/,
      /./,
    ],
    [
      'a crop without cover',
      ['--preset', 'unit', '--resize', 'stretch', '--crop', '0.9'],
      2,
      /--crop is a share/,
      /^$/,
    ],
    ['a size that is none', ['--preset', 'unit', '--size', 'large'], 2, /--size is "large"/, /^$/],
    [
      'another size than the graph has',
      ['--preset', 'unit', '--size', '32'],
      1,
      /takes images of 16 × 16, not of 32 × 32/,
      /--size/,
    ],
    [
      'a tensor that is not there',
      ['--preset', 'unit', '--features', 'nothing'],
      1,
      /no tensor "nothing"/,
      /Netron/,
    ],
    [
      'an output that is not there',
      ['--preset', 'unit', '--output', 'nothing'],
      1,
      /no output "nothing", but Gemm/,
      /--output/,
    ],
    [
      'labels that are not there',
      ['--preset', 'unit', '--labels', '/nowhere/labels.txt'],
      1,
      /labels\.txt/,
      /^/,
    ],
  ])('%s', async (_, words, code, message, hint) => {
    const run = await importFile(...words);
    expect(run.code).toBe(code);
    expect(run.last).toMatchObject({ event: 'error', ok: false });
    expect(run.last.message).toMatch(message);
    expect(run.last.hint ?? '').toMatch(hint);
    expect(existsSync(join(root, 'models'))).toBe(false);
  });

  it.each<[string, (net: Network, pooled: string) => string, RegExp]>([
    [
      'features that are no numbers',
      (net, pooled) => net.op('Log', [net.op('Neg', [net.op('Abs', [pooled])])]),
      /features "vector" of synthetic images are not all numbers/,
    ],
    [
      'features that never change',
      (net, pooled) => net.op('Mul', [net.op('Sub', [pooled, pooled]), net.weights(1)]),
      /the same for every image: the network is dead/,
    ],
  ])('%s', async (_, tail, message) => {
    const net = new Network();
    await save(net.model(tail(net, net.op('Flatten', [net.op('GlobalAveragePool', [net.stem()])]))));
    const run = await importFile('--preset', 'unit');
    expect(run.last.message).toMatch(message);
    expect(run.last.hint).toMatch(/\S/);
    expect(existsSync(join(root, 'models'))).toBe(false);
  });

  it('a truncated file, and one of another program', async () => {
    await writeFile(file, toBytes(network()).slice(0, 500));
    expect((await importFile('--preset', 'unit')).last.message).toMatch(/cut short/);
    await writeFile(file, Buffer.from([0x80, 2, 0x8a, 0x0a]));
    expect((await importFile('--preset', 'unit')).last.hint).toMatch('torch.onnx.export');
    expect(existsSync(join(root, 'models'))).toBe(false);
  });

  it('an interrupted import', async () => {
    const interrupted = await graft(['import', file, '--out', out, '--name', 'photos', '--preset', 'unit'], {
      signal: AbortSignal.abort(),
    });
    expect(interrupted.code).toBe(130);
    expect(existsSync(join(root, 'models'))).toBe(false);
  });
});

it('keeps quantised weights where what they give are floats', async () => {
  const model = network();
  const { initializer, node } = model.graph!;
  const conv = node.find(({ opType }) => opType === 'Conv')!;
  const weights = initializer.find(({ name }) => name === conv.input[1])!;
  const values = new Float32Array(Uint8Array.from(weights.rawData).buffer);
  Object.assign(weights, {
    dataType: 3,
    rawData: new Uint8Array(Int8Array.from(values, (x) => x * 100).buffer),
  });
  initializer.push(floats('scale', [], Float32Array.of(0.01)));
  node.unshift({
    ...conv,
    name: 'dequantize',
    opType: 'DequantizeLinear',
    attribute: [],
    input: [weights.name, 'scale'],
    output: ['wide'],
  });
  conv.input[1] = 'wide';
  await save(model);

  expect((await importFile('--preset', 'unit')).last).toMatchObject({
    ok: true,
    features: [{ name: 'map', width: 8 }],
  });
});
