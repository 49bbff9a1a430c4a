import type { World } from '../../service.ts';

/**
 * Writes an execution environment's log stream through CloudWatch Logs' API, in order and in the background.
 */
export interface LogWriter {
  write(message: string): void;
  /** Settles when everything written so far is in the stream. */
  flush(): Promise<void>;
}

/** Below CloudWatch Logs' limits of one `PutLogEvents`: 10,000 events and, with 26 bytes for each, 1 MiB. */
const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_000_000;
const OVERHEAD = 26;

/**
 * @param roleArn the function's role: without `logs:CreateLogStream` and `logs:PutLogEvents` it has no logs,
 *   as in AWS
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
        const logEvents = waiting.splice(0, batchOf(waiting));
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

/** How many events, from the first on, go out together. */
function batchOf(waiting: readonly { message: string }[]): number {
  let bytes = 0;
  const end = waiting.slice(0, MOST_EVENTS).findIndex(({ message }) => {
    bytes += Buffer.byteLength(message) + OVERHEAD;
    return bytes > MOST_BYTES;
  });
  return end === -1 ? Math.min(waiting.length, MOST_EVENTS) : Math.max(1, end);
}

async function ignoreExisting(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ResourceAlreadyExistsException') throw error;
  }
}
