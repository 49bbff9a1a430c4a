/** A closed terminal or connection sends SIGHUP, `kill` and supervisors SIGTERM, Ctrl-C SIGINT. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How often a program that npm started checks whether npm still runs. */
const LOOK_EVERY_MS = 500;
/**
 * A terminal sends Ctrl-C to npm and to its child, and npm forwards it some milliseconds later: that is one.
 */
const SAME_ASK_MS = 1000;

/**
 * Calls back when this process is told to stop: by a signal, by the end of a parent that started it with an
 * IPC channel, or by the end of the npm that started it. npm forwards SIGINT and SIGTERM only; its child gets
 * no signal when npm ends by SIGHUP or SIGKILL.
 * A second call means a second request to stop: it comes from a signal only, a second or more after the first
 * one.
 *
 * @returns a function that stops listening
 */
export function whenToldToStop(callback: () => void): () => void {
  let toldAt: number | undefined;
  const notify = () => {
    const now = performance.now();
    if (toldAt !== undefined && now - toldAt < SAME_ASK_MS) return;
    toldAt = now;
    callback();
  };
  // The end of the parent follows from the request that was heard already.
  const notifyOnce = () => {
    if (toldAt === undefined) notify();
  };
  for (const signal of SIGNALS) process.on(signal, notify);
  process.on('disconnect', notifyOnce);
  const stopLooking = process.env.npm_lifecycle_event === undefined ? () => {} : whenParentEnds(notifyOnce);
  return () => {
    for (const signal of SIGNALS) process.off(signal, notify);
    process.off('disconnect', notifyOnce);
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
