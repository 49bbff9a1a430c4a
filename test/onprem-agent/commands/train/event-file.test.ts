import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32c } from '../../../../onprem-agent/commands/train/crc32c.ts';
import { openEventFile } from '../../../../onprem-agent/commands/train/event-file.ts';
import { confusionPicture, sheetOf } from '../../../../onprem-agent/commands/train/pictures.ts';

const python = process.env.GRAFT_PYTHON ?? 'python3';
const FIND = 'import importlib.util as u; exit(0 if u.find_spec("tensorflow") else 1)';
const hasTensorFlow = spawnSync(python, ['-c', FIND]).status === 0;

/** TensorFlow's reader checks every sum, and its decoder every picture. */
const READ = `
import json, sys
import tensorflow as tf
for event in tf.compat.v1.train.summary_iterator(sys.argv[1]):
    values = [
        [v.tag, v.simple_value] if v.HasField('simple_value') else
        [v.tag, v.image.width, v.image.height, tf.image.decode_png(v.image.encoded_image_string)[-1, -1].numpy().tolist()]
        for v in event.summary.value
    ]
    print(json.dumps([event.step, event.file_version, event.session_log.status, values]))
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-events-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('event files', () => {
  it('have the sums of RFC 3720', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  });

  it.skipIf(!hasTensorFlow)(
    'are read by TensorFlow, with scalars and pictures (skipped without it)',
    async () => {
      const logs = join(folder, 'deep', 'logs');
      const file = openEventFile(logs, 7);
      file.write(8, [
        { tag: 'training/loss', scalar: 0.5 },
        { tag: 'confusion', image: await confusionPicture(Float32Array.from([3, 1, 0, 2])) },
      ]);
      const [red, blue] = [Uint8Array.from([255, 0, 0]), Uint8Array.from([0, 0, 255])];
      file.write(2 ** 40, [
        { tag: 'batch', image: await sheetOf({ pixels: [red, red, red, red, blue] }, 1) },
      ]);
      file.close();
      const [name] = await readdir(logs);

      const { stdout, stderr } = spawnSync(python, ['-c', READ, join(logs, name!)], { encoding: 'utf8' });

      expect(stdout, stderr).not.toBe('');
      expect(
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toEqual([
        [0, 'brain.Event:2', 0, []],
        [7, '', 1, []],
        [
          8,
          '',
          0,
          [
            ['training/loss', 0.5],
            ['confusion', 512, 512, [8, 48, 107]],
          ],
        ],
        [2 ** 40, '', 0, [['batch', 4, 2, [0, 0, 0]]]],
      ]);
    },
  );
});
