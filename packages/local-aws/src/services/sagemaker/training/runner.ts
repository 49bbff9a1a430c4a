import type { SageMakerContext } from '../context.ts';
import { INTERNAL_SERVER_ERROR } from '../errors.ts';
import { JobQueue } from '../job-queue.ts';
import { JobRun } from './job-run.ts';
import { isFinal, transition } from './transition.ts';

/** Runs training jobs, a few at a time, in the order in which they were created. */
export class TrainingRunner {
  readonly #sagemaker: SageMakerContext;
  readonly #queue: JobQueue<JobRun>;

  constructor(sagemaker: SageMakerContext) {
    this.#sagemaker = sagemaker;
    const { container, closing } = sagemaker;
    this.#queue = new JobQueue(container.concurrentJobs, (name) => new JobRun(sagemaker, name), closing);
  }

  enqueue(name: string): void {
    if (this.#queue.add(name)) transition(this.#sagemaker, name, 'Pending');
  }

  stop(name: string): void {
    if (!this.#queue.withdraw(name)) {
      this.#queue.running(name)?.stop('Stopped');
      return;
    }
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
  close(): Promise<void> {
    return this.#queue.close();
  }
}
