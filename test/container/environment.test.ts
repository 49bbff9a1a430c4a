import { describe, expect, it } from 'vitest';
import { containerEnvironment } from '../../container/environment.ts';

describe('the environment', () => {
  it("has SageMaker's defaults", () => {
    expect(containerEnvironment({})).toEqual({
      GRAFT_OPT_ML: '/opt/ml',
      GRAFT_PORT: 8080,
      GRAFT_HOST: '0.0.0.0',
      GRAFT_LOG_LEVEL: 'info',
      TRAINING_JOB_NAME: 'local',
    });
  });

  it('names every variable that it cannot use', () => {
    expect(() => containerEnvironment({ GRAFT_PORT: 'http', GRAFT_BACKEND: 'abacus' })).toThrow(
      /GRAFT_PORT.*GRAFT_BACKEND/,
    );
  });
});
