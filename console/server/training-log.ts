import {
  type CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { isMissing } from '#cloud/aws/failures.ts';
import type { CurvePoint } from '#core/contracts/evaluation.ts';
import { curvePointIn } from '#core/training-lines.ts';
import type { LogLine } from '../contracts/promotions.ts';

/** Where SageMaker writes the lines of training jobs, each in streams that begin with its name. */
const GROUP = '/aws/sagemaker/TrainingJobs';

/** What has been read of a job's log. */
export interface TrainingLog {
  points: CurvePoint[];
  /** Lines that the last reading has brought. */
  fresh: LogLine[];
}

/** Reads a training job's log, each line once. A job that has not begun has none. */
export function trainingLogReader(logs: CloudWatchLogsClient, job: string) {
  const points: CurvePoint[] = [];
  let stream: string | undefined;
  let token: string | undefined;
  return async function read(): Promise<TrainingLog> {
    stream ??= await findStream(logs, `${job}/`);
    const fresh: LogLine[] = [];
    while (stream !== undefined) {
      const page = await logs.send(
        new GetLogEventsCommand({
          logGroupName: GROUP,
          logStreamName: stream,
          startFromHead: true,
          ...(token === undefined ? {} : { nextToken: token }),
        }),
      );
      for (const { timestamp = 0, message = '' } of page.events ?? []) {
        fresh.push({ at: new Date(timestamp).toISOString(), text: message });
        const point = curvePointIn(message);
        if (point !== undefined) points.push(point);
      }
      const isLast = page.nextForwardToken === token || (page.events ?? []).length === 0;
      token = page.nextForwardToken;
      if (isLast) break;
    }
    // Interrupted spot training begins again at its last checkpoint.
    return { points: inOrder(points), fresh };
  };
}

function inOrder(points: readonly CurvePoint[]): CurvePoint[] {
  return [...new Map(points.map((point) => [point.step, point])).values()].sort((a, b) => a.step - b.step);
}

async function findStream(logs: CloudWatchLogsClient, prefix: string): Promise<string | undefined> {
  try {
    const { logStreams = [] } = await logs.send(
      new DescribeLogStreamsCommand({ logGroupName: GROUP, logStreamNamePrefix: prefix, limit: 1 }),
    );
    return logStreams[0]?.logStreamName;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
