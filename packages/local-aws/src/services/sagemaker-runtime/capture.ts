import { randomUUID } from 'node:crypto';
import type { World } from '../../service.ts';
import { parseS3Uri, type ServingContainer } from '../sagemaker/seam.ts';
import type { Answer, Invocation } from './forward.ts';

/**
 * Writes a share of the requests and responses to S3, like SageMaker's data capture: JSON lines under
 * endpoint, variant and hour. SageMaker collects lines in files; here each line has its own. If a line cannot
 * be written it is logged and lost, as in SageMaker.
 *
 * @param exchange with its `random` in [0, 1), which decides whether the exchange is kept
 */
export async function captureInvocation(
  world: World,
  endpoint: string,
  { plan }: ServingContainer,
  { invocation, answer, random }: { invocation: Invocation; answer: Answer; random: number },
): Promise<void> {
  const { capture } = plan;
  if (capture === undefined || random * 100 >= capture.percent) return;
  const { bucket, key } = parseS3Uri(capture.destination);
  const now = new Date(world.clock.now());
  const [hour, within] = [now.toISOString().slice(0, 13), now.toISOString().slice(14, 23)];
  const file = `${within.replace(/[:.]/g, '-')}-${randomUUID()}.jsonl`;
  const path = [key.replace(/\/$/, ''), endpoint, plan.name, hour.replace(/[-T]/g, '/'), file];
  const kept = (mode: string, type: string | undefined, body: Uint8Array) => {
    const encoding = capture.jsonTypes.includes(type ?? '')
      ? 'JSON'
      : capture.csvTypes.includes(type ?? '')
        ? 'CSV'
        : 'BASE64';
    const data = Buffer.from(body).toString(encoding === 'BASE64' ? 'base64' : 'utf8');
    return { observedContentType: type ?? 'application/octet-stream', mode, data, encoding };
  };
  const line = {
    captureData: {
      ...(capture.input ? { endpointInput: kept('INPUT', invocation.contentType, invocation.body) } : {}),
      ...(capture.output ? { endpointOutput: kept('OUTPUT', answer.contentType, answer.body) } : {}),
    },
    eventMetadata: {
      eventId: randomUUID(),
      ...(invocation.inferenceId === undefined ? {} : { inferenceId: invocation.inferenceId }),
      inferenceTime: now.toISOString(),
    },
    eventVersion: '0',
  };
  try {
    const Key = path.filter((part) => part !== '').join('/');
    const Body = Buffer.from(`${JSON.stringify(line)}\n`);
    await world.call('s3', 'PutObject', { Bucket: bucket, Key, Body }, { roleArn: plan.roleArn });
  } catch (error) {
    world.log.error({ err: error, endpoint }, 'a request could not be captured');
  }
}
