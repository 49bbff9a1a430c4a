import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { TENSORFLOW_RELEASE } from '../../onprem-agent/commands/backend/pip.ts';
import { run } from './run.ts';

/**
 * An index for pip with TensorFlow's wheel, as a mirror in a closed network is one: the wheel comes through
 * this machine's own pip, from wherever that has it, and once for all builds.
 *
 * @see https://peps.python.org/pep-0503/
 */
export async function startWheelIndex(folder: string): Promise<{ url: string; close(): void }> {
  const wheels = join(folder, 'wheels');
  await mkdir(wheels, { recursive: true });
  if ((await readdir(wheels)).length === 0) {
    const wanted = ['--no-deps', '--only-binary=:all:', '--python-version', '3.11', '--implementation', 'cp'];
    await run('python3', [
      '-m',
      'pip',
      'download',
      ...wanted,
      '--dest',
      wheels,
      `tensorflow-cpu==${TENSORFLOW_RELEASE}.*`,
    ]);
  }
  const names = await readdir(wheels);
  const server = createServer((request, response) => {
    const name = names.find((each) => each === basename(request.url ?? ''));
    if (name !== undefined) {
      createReadStream(join(wheels, name)).pipe(response);
    } else if (request.url === '/simple/tensorflow-cpu/') {
      response.setHeader('content-type', 'text/html');
      response.end(names.map((each) => `<a href="/${each}">${each}</a>`).join('\n'));
    } else {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/simple/`, close: () => void server.close() };
}
