/**
 * The Open Inference Protocol, version 2, over HTTP, which clients of KServe and Triton speak.
 *
 * @see https://github.com/kserve/open-inference-protocol
 */
import { ProblemError } from '#core/problem.ts';
import type { Model } from './model.ts';
import { describeTensors, inferenceReply } from './open-inference-answer.ts';
import { parseInference } from './open-inference-request.ts';
import { CallerGoneError } from './queue.ts';
import { type Asked, allow, decoded, inferenceIdOf, jsonReply, type Reply } from './reply.ts';
import { readBody } from './request-body.ts';
import type { OnAnswered } from './server.ts';

export interface OpenInferenceServices {
  /** @throws ProblemError 503 while the server is not ready */
  ping(): object;
  /** @throws ProblemError 404 or 503 */
  find(name: string): Model | Promise<Model>;
  onAnswered: OnAnswered;
}

const MODEL = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(ready|infer))?$/;

export function createOpenInference({ ping, find, onAnswered }: OpenInferenceServices) {
  return async function openInference(asked: Asked, path: string): Promise<Reply> {
    const { request } = asked;
    const infers = path.startsWith('/v2/models/') && path.endsWith('/infer');
    allow(request, infers ? ['POST'] : ['GET']);
    if (path === '/v2') return jsonReply(SERVER);
    if (path === '/v2/health/live') return jsonReply({ live: true });
    if (path === '/v2/health/ready') {
      ping();
      return jsonReply({ ready: true });
    }
    const [, name, version, what] = MODEL.exec(path) ?? [];
    if (name === undefined) throw new ProblemError(404, `There is no ${path}`);
    const model = await find(decoded(name));
    const { served } = model.predictor;
    if (version !== undefined && decoded(version) !== served.trainingJob) {
      throw new ProblemError(
        404,
        `"${served.domain}" has no version "${version}": it is ${served.trainingJob}`,
      );
    }
    if (what === 'infer') return infer(asked, model);
    if (what === 'ready') {
      ping();
      return jsonReply({ name: served.domain, ready: true });
    }
    return jsonReply({
      name: served.domain,
      versions: [served.trainingJob],
      platform: 'onnxruntime_onnx',
      ...describeTensors(served),
    });
  };

  async function infer({ request, signal }: Asked, model: Model): Promise<Reply> {
    model.refuseWhenFull();
    const { served } = model.predictor;
    const header = request.headers['inference-header-content-length'];
    const inference = parseInference(await readBody(request), header as string | undefined, served);
    const many = inference.images.length > 1;
    const answers = await model.predictAll(inference.images, (at) => (many ? `image ${at}` : ''), signal);
    if (signal.aborted) throw new CallerGoneError();
    const reply = inferenceReply(served, inference, answers);
    onAnswered(answers, inferenceIdOf(request));
    return reply;
  }
}

const SERVER = { name: 'graft', version: '2', extensions: ['binary_tensor_data'] };

/** The protocol's own form of an error. */
export function openInferenceError({ message, headers }: ProblemError): Reply {
  const reply = jsonReply({ error: message });
  return { ...reply, headers: { ...reply.headers, ...headers } };
}
