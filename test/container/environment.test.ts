import { describe, expect, it } from 'vitest';
import { containerEnvironment } from '../../container/environment.ts';

describe('the environment', () => {
  it("has SageMaker's defaults", () => {
    expect(containerEnvironment({})).toEqual({
      GRAFT_OPT_ML: '/opt/ml',
      GRAFT_HOST: '0.0.0.0',
      GRAFT_LOG_LEVEL: 'info',
      SAGEMAKER_BATCH: 'false',
      SAGEMAKER_MULTI_MODEL: 'false',
      TRAINING_JOB_NAME: 'local',
    });
  });

  it('names every variable that it cannot use', () => {
    const wrong = { GRAFT_PORT: 'http', GRAFT_THREADS: '0', GRAFT_BACKEND: 'abacus' };

    expect(() => containerEnvironment(wrong)).toThrow(/GRAFT_PORT.*GRAFT_THREADS.*GRAFT_BACKEND/);
  });
});
