/**
 * Lambda's limit of a synchronous response; its own message names 100 bytes more than the documented 6 MB.
 */
export const LARGEST_RESPONSE = 6 * 1024 * 1024 + 100;

/** How Lambda reports the end of a function's process. */
export function exitReason(exit: { code: number | null; signal: string | null; error?: Error }): string {
  const { code, signal, error } = exit;
  if (error !== undefined) return `Runtime could not be started: ${error.message}`;
  if (signal !== null) {
    return `Runtime exited with error: signal: ${signal === 'SIGKILL' ? 'killed' : signal}`;
  }
  if (code === 0) return 'Runtime exited without providing a reason';
  return `Runtime exited with error: exit status ${code}`;
}

/** The payload of an invocation that the runtime did not finish. */
export function runtimeError(errorType: string, requestId: string, reason: string): Uint8Array {
  return Buffer.from(JSON.stringify({ errorType, errorMessage: `RequestId: ${requestId} Error: ${reason}` }));
}

export function tooLargeResponse(): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: `Response payload size exceeded maximum allowed payload size (${LARGEST_RESPONSE} bytes).`,
    }),
  );
}
