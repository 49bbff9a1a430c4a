import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { PartRecord } from '../../../onprem-agent/upload/part-record.ts';

const beginning = { uploadId: 'u', key: 'k', size: 12, partSize: 5 };
let path: string;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'graft-record-'));
  path = join(folder, 'parts', 'model.onnx.log');
  return () => rm(folder, { recursive: true, force: true });
});

it('knows what was finished, also after its last line was torn', async () => {
  const first = new PartRecord(path);
  await first.begin(beginning);
  await Promise.all([first.add(2, '"b"'), first.add(1, '"a"')]);
  await first.close();
  await appendFile(path, '{"part":3,"et');

  const second = new PartRecord(path);
  await second.add(3, '"c"');
  await second.close();

  const parts = new Map([
    [1, '"a"'],
    [2, '"b"'],
    [3, '"c"'],
  ]);
  expect(await new PartRecord(path).read()).toEqual({ ...beginning, parts });
});

it.each(['', '{"uploadId":', '\0\0\0\0', '{"uploadId":"u"}'])('knows nothing of %j', async (text) => {
  const record = new PartRecord(path);
  await record.begin(beginning);
  await record.close();
  await writeFile(path, text);

  expect(await record.read()).toBeUndefined();
  await record.begin(beginning);
  expect((await readFile(path, 'utf8')).trim()).toBe(JSON.stringify(beginning));
  await record.remove();
  expect(await record.read()).toBeUndefined();
});
