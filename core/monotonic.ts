/**
 * Milliseconds on a clock that never steps, even when the time of day is set: for measuring durations only.
 * All threads of a process share it, unlike `performance.now()`.
 */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
