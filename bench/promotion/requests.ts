import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import type { Span } from './spans.ts';

/** The line that the local AWS logs for a request; only a function's has a role. */
const lineSchema = z.object({
  msg: z.literal('request'),
  time: z.number(),
  service: z.string(),
  operation: z.string(),
  role: z.string(),
});
export type FunctionRequest = z.output<typeof lineSchema>;

/** What S3 charges as a write, by the operations that the functions use; DELETE costs nothing. */
const WRITES = /^(Put|Copy|Post|List|CreateMultipart|CompleteMultipart|UploadPart)/;
const FREE = /^(Delete|AbortMultipart)/;

/** Requests that the stack's functions made within a stretch of time, from the local AWS's log. */
export async function readRequests(logFile: string, { from, to }: Span): Promise<FunctionRequest[]> {
  const requests: FunctionRequest[] = [];
  for await (const line of createInterface({ input: createReadStream(logFile) })) {
    if (!line.includes('"request"')) continue;
    const parsed = lineSchema.safeParse(JSON.parse(line));
    if (parsed.success && parsed.data.time >= from && parsed.data.time <= to) requests.push(parsed.data);
  }
  return requests;
}

/** S3 requests by what they cost. */
export function countS3(requests: readonly FunctionRequest[]): { writes: number; reads: number } {
  const charged = requests.filter(({ service, operation }) => service === 's3' && !FREE.test(operation));
  const writes = charged.filter(({ operation }) => WRITES.test(operation)).length;
  return { writes, reads: charged.length - writes };
}
