/**
 * Milliseconds on a clock that never steps, whatever becomes of the machine's time of day: for measuring how long something takes, and for
 * nothing else. It is the same in all threads of a process, which `performance.now()` is not.
 */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
