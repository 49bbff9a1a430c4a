/** A closed terminal sends SIGHUP, `kill` and supervisors send SIGTERM, Ctrl-C sends SIGINT. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How often a program that npm started checks that npm still runs. */
const CHECK_EVERY_MS = 500;
/** One Ctrl-C in a terminal reaches npm and its child, and npm passes it on some milliseconds later. */
const SAME_REQUEST_MS = 1000;

/**
 * Calls back when this process is told to stop: by a signal, when the process that started it over an IPC
 * channel ends, or when the npm that started it ends. npm passes on SIGINT and SIGTERM only; its child does
 * not notice a SIGHUP or a SIGKILL to npm. A second call means a second request: a signal, a second or more
 * after the first one.
 *
 * @returns a function that stops listening
 */
export function whenToldToStop(callback: () => void): () => void {
  let toldAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (toldAt !== undefined && now - toldAt < SAME_REQUEST_MS) return;
    toldAt = now;
    callback();
  };
  // The end of the parent is no second request: the parent ends because of the first one.
  const onParentEnd = () => {
    if (toldAt === undefined) onSignal();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('disconnect', onParentEnd);
  const stopChecking = process.env.npm_lifecycle_event === undefined ? () => {} : whenParentEnds(onParentEnd);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.off('disconnect', onParentEnd);
    stopChecking();
  };
}

/** A process whose parent has ended gets another parent. */
function whenParentEnds(callback: () => void): () => void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, CHECK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
