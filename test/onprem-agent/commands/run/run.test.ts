import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { LocalAws } from 'local-aws';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toBytes } from '../../../../model/onnx/build.ts';
import { writeNewKey } from '../../../../onprem-agent/model-folder/signing-key.ts';
import { Network } from '../../../model/onnx/network-fixture.ts';
import { spawnGraft } from '../../cli.ts';

let local: LocalAws;
let root: string;
let out: string;
let runs: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'graft-run-'));
  local = await startLocal({ services: [createS3] });
  await local.client(S3Client).send(new CreateBucketCommand({ Bucket: 'models' }));
  await writeNewKey(join(root, 'key.pem'));
  const net = new Network();
  const flat = net.op('Flatten', [net.op('GlobalAveragePool', [net.stem()])]);
  writeFileSync(
    join(root, 'net.onnx'),
    toBytes(net.model(net.op('Gemm', [flat, net.weights(8, 3), net.weights(3)]))),
  );
  writeFileSync(
    join(root, 'graft.yml'),
    'import:\n  preset: unit\npush:\n  key: key.pem\n  bucket: models\n',
  );
  // A trainer: says what it was given, writes its network, and ends as it is told.
  writeFileSync(
    join(root, 'trainer.mjs'),
    `import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
     import { dirname } from 'node:path';
     const [file, code, wait] = process.argv.slice(2);
     console.log('training', file);
     writeFileSync('started', '');
     if (file !== '-') { mkdirSync(dirname(file), { recursive: true }); copyFileSync('${root}/net.onnx', file); }
     if (wait) {
       process.on('SIGTERM', () => { writeFileSync('told', ''); process.exit(Number(code)); });
       console.log('waiting');
       setInterval(() => {}, 1000);
     } else process.exitCode = Number(code);`,
  );
});
afterAll(async () => {
  await local.stop();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  out = join(root, 'models');
  runs = join(root, 'runs');
  for (const each of [out, runs, 'started', 'told'])
    rmSync(join(root, each.replace(root, '')), { recursive: true, force: true });
});

function start(options: string[], ...program: string[]) {
  const words = ['run', '--out', out, '--name', 'photos', '--result', runs, ...options];
  return spawnGraft([...words, ...(program.length > 0 ? ['--', ...program] : [])], {
    HOME: root,
    GRAFT_STATE: join(root, 'state'),
    GRAFT_CONFIG: join(root, 'graft.yml'),
    AWS_ENDPOINT_URL: local.endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    PWD: root,
  });
}
const trainer = (...words: string[]) => [
  'sh',
  '-c',
  `cd ${root} && exec node trainer.mjs ${words.join(' ')}`,
];

describe('graft run', () => {
  it('imports and pushes what the program has written, with settings of the file', async () => {
    const { code, last, stderr, stdout } = await start(['--json'], ...trainer('runs/v1/best.onnx', '0')).done;

    expect({ code, last }).toMatchObject({
      code: 0,
      last: {
        event: 'result',
        ok: true,
        network: join(runs, 'v1', 'best.onnx'),
        imported: { model: 'photos' },
        pushed: { bucket: 'models', committed: true },
      },
    });
    // JSON has standard output for itself.
    expect(stderr).toContain('training runs/v1/best.onnx');
    expect(stdout).not.toContain('training runs');
    const { Contents = [] } = await local
      .client(S3Client)
      .send(new ListObjectsV2Command({ Bucket: 'models' }));
    const prefix = `general/photos/${last.pushed.version}/`;
    expect(Contents.map(({ Key }) => Key)).toEqual([
      `${prefix}manifest.json`,
      `${prefix}manifest.sig`,
      `${prefix}model.onnx`,
    ]);
  });

  it('keeps the exit code of a program that fails, and does nothing more', async () => {
    const { code, stdout } = await start([], ...trainer('runs/best.onnx', '7')).done;

    expect(code).toBe(7);
    expect(stdout).toMatch(/^training runs\/best\.onnx\n.*ended with exit code 7: nothing is imported\n$/);
    expect(existsSync(out)).toBe(false);
  });

  it('never takes what was there before for the result', async () => {
    mkdirSync(runs);
    writeFileSync(join(runs, 'old.onnx'), readFileSync(join(root, 'net.onnx')));
    const stale = await start(['--json'], ...trainer('-', '0')).done;
    expect(stale).toMatchObject({
      code: 1,
      last: { name: 'InvalidInput', message: expect.stringMatching(/old\.onnx was there before/) },
    });
    expect(existsSync(out)).toBe(false);

    // Without a program it is what there is.
    const taken = await start(['--json', '--import-only']).done;
    expect(taken).toMatchObject({ code: 0, last: { network: join(runs, 'old.onnx') } });
    expect(taken.last.pushed).toBeUndefined();
    expect(existsSync(join(out, 'manifest.json'))).toBe(true);
  });

  it.each([
    [['--size', 'big'], 2, /--size is "big"/],
    [['--labels', 'nowhere.txt'], 1, /nowhere\.txt/],
    [['--key', 'nowhere.pem'], 1, /nowhere\.pem/],
    [['--preset', 'clip', '--mean', '0'], 2, /--preset says the mean/],
  ])('refuses %j before the program starts', async (options, code, message) => {
    const run = await start([...options, '--json'], ...trainer('runs/best.onnx', '0')).done;

    expect(run).toMatchObject({ code, last: { message: expect.stringMatching(message) } });
    expect(existsSync(join(root, 'started'))).toBe(false);
  });

  it('names a program that does not start', async () => {
    const run = await start(['--json'], join(root, 'no-such-trainer')).done;
    expect(run).toMatchObject({ code: 1, last: { message: expect.stringMatching(/cannot be started/) } });
  });

  it.each([
    ['5', 5],
    ['0', 130],
  ])('hands a signal on; a program that ends with %s then gives %d, and no model', async (own, code) => {
    const { child, done, stdout } = start([], ...trainer('runs/best.onnx', own, 'wait'));
    while (!stdout().includes('waiting')) await once(child.stdout, 'data');
    child.kill('SIGTERM');

    expect((await done).code).toBe(code);
    expect(existsSync(join(root, 'told'))).toBe(true);
    expect(existsSync(out)).toBe(false);
  });
});
