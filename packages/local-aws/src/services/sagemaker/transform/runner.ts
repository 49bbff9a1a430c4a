import type { SageMakerContext } from '../context.ts';
import { INTERNAL_SERVER_ERROR } from '../errors.ts';
import { JobQueue } from '../job-queue.ts';
import { TransformRun } from './transform-run.ts';
import { changeTransformJob, hasEnded } from './transition.ts';

/** Runs transform jobs, a few at a time, in the order in which they were created. */
export class TransformRunner {
  readonly #sagemaker: SageMakerContext;
  readonly #queue: JobQueue<TransformRun>;

  constructor(sagemaker: SageMakerContext) {
    this.#sagemaker = sagemaker;
    const { container, closing } = sagemaker;
    this.#queue = new JobQueue(
      container.concurrentJobs,
      (name) => new TransformRun(sagemaker, name),
      closing,
    );
  }

  enqueue(name: string): void {
    this.#queue.add(name);
  }

  stop(name: string): void {
    changeTransformJob(this.#sagemaker, name, { status: 'Stopping' });
    if (this.#queue.withdraw(name)) changeTransformJob(this.#sagemaker, name, { status: 'Stopped' });
    else this.#queue.running(name)?.stop();
  }

  /** Jobs of an earlier run of the local AWS: one that had not begun waits again, others have failed. */
  resume(): void {
    const left = this.#sagemaker.store.transformJobs
      .list()
      .filter(({ value }) => !hasEnded(value.status))
      .sort((a, b) => a.value.created - b.value.created);
    for (const { key: name, value: job } of left) {
      if (job.status === 'Stopping') {
        changeTransformJob(this.#sagemaker, name, { status: 'Stopped' });
      } else if (job.started === undefined) {
        this.enqueue(name);
      } else {
        const failureReason = `${INTERNAL_SERVER_ERROR} (The local AWS was stopped while the job ran.)`;
        changeTransformJob(this.#sagemaker, name, { status: 'Failed', failureReason });
      }
    }
  }

  /** Ends every container at once; records stay for `resume`. */
  close(): Promise<void> {
    return this.#queue.close();
  }
}
