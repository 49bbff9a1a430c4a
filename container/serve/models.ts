import { ProblemError } from '#core/problem.ts';
import type { Model } from './model.ts';
import type { Asked, Reply } from './reply.ts';

/** What a server answers with: one model, or those of a multi-model endpoint. */
export interface Models {
  /** What `/ping` says. */
  describe(): object;
  /**
   * The model of `/invocations`.
   *
   * @throws ProblemError 404 where requests have to name a model
   */
  only(): Model;
  /** @throws ProblemError 404 */
  find(name: string): Model | Promise<Model>;
  /** Answers below `/models`; undefined where there is nothing. */
  manage?(asked: Asked, path: string): Promise<Reply>;
}

export function oneModel(model: Model): Models {
  const { backend, served } = model.predictor;
  return {
    describe: () => ({ status: 'ready', backend, trainingJob: served.trainingJob }),
    only: () => model,
    find(name) {
      if (name === served.domain) return model;
      throw new ProblemError(404, `There is no model "${name}": this container serves "${served.domain}"`);
    },
  };
}
