import type { World } from '../../service.ts';

/** Writes one execution environment's log stream through CloudWatch Logs' API, in order and without making anyone wait. */
export interface LogWriter {
  write(message: string): void;
  /** Settles when everything written so far is in the stream. */
  flush(): Promise<void>;
}

/** CloudWatch Logs' limit of one `PutLogEvents`. */
const LARGEST_BATCH = 10_000;

/**
 * @param roleArn the function's role: without `logs:CreateLogStream` and `logs:PutLogEvents` it has no logs, as in AWS
 */
export function createLogWriter(world: World, group: string, stream: string, roleArn: string): LogWriter {
  const asRole = { roleArn };
  const names = { logGroupName: group, logStreamName: stream };
  let waiting: { timestamp: number; message: string }[] = [];
  let writing: Promise<void> | undefined;
  let created = false;

  async function writeAll(): Promise<void> {
    try {
      if (!created) {
        await ignoreExisting(world.call('logs', 'CreateLogGroup', { logGroupName: group }));
        await ignoreExisting(world.call('logs', 'CreateLogStream', names, asRole));
        created = true;
      }
      while (waiting.length > 0) {
        const logEvents = waiting.splice(0, LARGEST_BATCH);
        await world.call('logs', 'PutLogEvents', { ...names, logEvents }, asRole);
      }
    } catch (error) {
      world.log.warn({ err: error, group, lost: waiting.length }, 'a function cannot write its logs');
      waiting = [];
    }
  }

  return {
    write(message) {
      // As Lambda: every event ends its line.
      waiting.push({ timestamp: world.clock.now(), message: `${message}\n` });
      writing ??= Promise.resolve()
        .then(writeAll)
        .finally(() => {
          writing = undefined;
        });
    },
    async flush() {
      while (writing !== undefined) await writing;
    },
  };
}

async function ignoreExisting(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ResourceAlreadyExistsException') throw error;
  }
}
