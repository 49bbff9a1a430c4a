import type { SageMakerContext } from '../context.ts';
import { INTERNAL_SERVER_ERROR } from '../errors.ts';
import { JobRun } from './job-run.ts';
import { isFinal, transition } from './transition.ts';

/** Runs training jobs, a few at a time, in the order in which they were created. */
export class TrainingRunner {
  readonly #sagemaker: SageMakerContext;
  readonly #waiting: string[] = [];
  readonly #running = new Map<string, { run: JobRun; ended: Promise<void> }>();

  constructor(sagemaker: SageMakerContext) {
    this.#sagemaker = sagemaker;
  }

  enqueue(name: string): void {
    this.#waiting.push(name);
    this.#fill();
    if (this.#waiting.includes(name)) transition(this.#sagemaker, name, 'Pending');
  }

  stop(name: string): void {
    const position = this.#waiting.indexOf(name);
    if (position === -1) {
      this.#running.get(name)?.run.stop('Stopped');
      return;
    }
    this.#waiting.splice(position, 1);
    transition(this.#sagemaker, name, 'Stopping', { status: 'Stopping' });
    transition(this.#sagemaker, name, 'Stopped', { status: 'Stopped' });
  }

  /**
   * Continues the jobs of an earlier run of the local AWS. A job that had not begun waits again. A job that
   * was interrupted counts as one with an internal error: it restarts as often as its RetryStrategy allows,
   * and then fails.
   */
  resume(): void {
    const left = this.#sagemaker.store.jobs
      .list()
      .filter(({ value }) => !isFinal(value.status))
      .sort((a, b) => a.value.created - b.value.created);
    for (const { key: name, value: job } of left) {
      const retries = job.request.RetryStrategy?.MaximumRetryAttempts ?? 0;
      if (job.status === 'Stopping') {
        transition(this.#sagemaker, name, 'Stopped', { status: 'Stopped' });
      } else if (job.attempts === 0) {
        this.enqueue(name);
      } else if (job.attempts - (job.interruptions?.count ?? 0) <= retries) {
        transition(this.#sagemaker, name, 'Restarting');
        this.enqueue(name);
      } else {
        transition(this.#sagemaker, name, 'Failed', {
          status: 'Failed',
          failureReason: `${INTERNAL_SERVER_ERROR} (The local AWS was stopped while the job ran.)`,
        });
      }
    }
  }

  /** Ends every process at once; records stay for `resume`. */
  async close(): Promise<void> {
    const all = [...this.#running.values()];
    await Promise.all(all.map(({ run }) => run.abandon()));
    await Promise.all(all.map(({ ended }) => ended));
  }

  #fill(): void {
    while (
      !this.#sagemaker.closing.aborted &&
      this.#running.size < this.#sagemaker.container.concurrentJobs
    ) {
      const name = this.#waiting.shift();
      if (name === undefined) return;
      const run = new JobRun(this.#sagemaker, name);
      const ended = run.run().finally(() => {
        this.#running.delete(name);
        this.#fill();
      });
      this.#running.set(name, { run, ended });
    }
  }
}
