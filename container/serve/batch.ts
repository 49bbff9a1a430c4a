import { INSTANCE_BODY_BYTES } from '#core/prediction-requests.ts';
import { type ProblemError, problemBody } from '#core/problem.ts';
import type { Model } from './model.ts';
import { jsonReply, type Reply } from './reply.ts';

const PAYLOAD_MB = INSTANCE_BODY_BYTES / 1024 ** 2;
/** SageMaker's limit for the payloads of all requests under way at once. */
const MOST_MB = 100;

/**
 * How a batch transform is to ask this container ("Use your own inference code with batch transform",
 * developer guide): with an image a request, and one more at once than are decoded or computed, so that none
 * of them waits for S3.
 */
export function executionParameters({ predictor }: Model): Reply {
  return jsonReply({
    MaxConcurrentTransforms: Math.min(predictor.atOnce + 1, Math.floor(MOST_MB / PAYLOAD_MB)),
    BatchStrategy: 'SINGLE_RECORD',
    MaxPayloadInMB: PAYLOAD_MB,
  });
}

/** Problems of what was sent, which another request would not have. */
const OF_THE_IMAGE = new Set([400, 413, 415]);

/**
 * The answer about an image that cannot be predicted. For any other answer than 200 SageMaker calls the whole
 * batch failed, however many images were fine.
 *
 * @returns undefined where the problem is not the image's
 */
export function problemAsAnswer(problem: ProblemError): Reply | undefined {
  return OF_THE_IMAGE.has(problem.status) ? jsonReply({ problem: problemBody(problem) }) : undefined;
}
