import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { Evaluation } from '#core/contracts/evaluation.ts';
import { GraftError } from '#core/errors.ts';
import { measureLatency } from '#model/evaluation/latency.ts';
import { loadPredictor } from '../serve/predictor.ts';
import { createModelServer } from '../serve/server.ts';

/**
 * Latency of the saved model as an endpoint serves it: the server of `<image> serve` on a free port of this
 * process gets one image after another over one connection. This includes decoding, prediction, queue, JSON
 * and HTTP, but not SageMaker's own network.
 *
 * @param folder `/opt/ml/model` with a saved model
 * @param images encoded test images
 */
export async function servedLatency(
  folder: string,
  images: readonly Uint8Array[],
): Promise<Evaluation['latencyMs']> {
  const { server, ready, drain } = createModelServer(pino({ level: 'silent' }));
  // One image at a time keeps one thread busy, and no batch.
  const predictor = await loadPredictor(folder, { threads: 1, batchSize: 1 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ready(predictor);
    const { port } = server.address() as AddressInfo;
    return await measureLatency((image) => invoke(port, agent, image), images);
  } finally {
    agent.destroy();
    await drain(0);
    await predictor.close();
  }
}

/** The content type need not fit the image: the server looks at the bytes. */
async function invoke(port: number, agent: Agent, image: Uint8Array): Promise<void> {
  const asked = request({
    agent,
    host: '127.0.0.1',
    port,
    path: '/invocations',
    method: 'POST',
    headers: { 'content-type': 'image/png', 'content-length': image.length },
  });
  asked.end(image);
  const [answer] = await once(asked, 'response');
  let body = '';
  for await (const chunk of answer.setEncoding('utf8')) body += chunk;
  if (answer.statusCode === 200) return;
  throw new GraftError(
    'TrainingFailed',
    `The saved model cannot be served: status ${answer.statusCode}, ${body}`,
  );
}
