/** A closed terminal or a dropped connection sends SIGHUP, `kill` and supervisors send SIGTERM, Ctrl-C sends SIGINT. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How often a program that npm started looks whether npm is still there. */
const LOOK_EVERY_MS = 500;

/**
 * Calls back whenever this process is told to stop: by a signal, by the end of a process that started it with an IPC channel, or by
 * the end of the npm that started it. npm hands on SIGINT and SIGTERM only; of a SIGHUP or a SIGKILL its child hears nothing.
 * A second call means that somebody asks again.
 *
 * @returns a function that stops listening
 */
export function whenToldToStop(callback: () => void): () => void {
  for (const signal of SIGNALS) process.on(signal, callback);
  process.on('disconnect', callback);
  const stopLooking = process.env.npm_lifecycle_event === undefined ? () => {} : whenParentEnds(callback);
  return () => {
    for (const signal of SIGNALS) process.off(signal, callback);
    process.off('disconnect', callback);
    stopLooking();
  };
}

/** A process whose parent has ended gets another parent. */
function whenParentEnds(callback: () => void): () => void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
