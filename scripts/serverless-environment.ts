import { type StageSettings, variablesOf } from './stage-settings.ts';

/** Variables for the serverless command line; `undefined` removes one. */
type Environment = Record<string, string | undefined>;

/**
 * Region and credentials as the AWS SDK takes them. osls alone knows `AWS_<STAGE>_PROFILE`,
 * `AWS_<STAGE>_ACCESS_KEY_ID` and `AWS_DEFAULT_PROFILE`, so one of them could lead it to another account than
 * the one that was printed.
 */
export function placeEnvironment(stage: string, region: string): Environment {
  const own = `AWS_${stage.toUpperCase()}`;
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    [`${own}_PROFILE`]: undefined,
    [`${own}_ACCESS_KEY_ID`]: undefined,
    [`${own}_SECRET_ACCESS_KEY`]: undefined,
    [`${own}_SESSION_TOKEN`]: undefined,
    AWS_DEFAULT_PROFILE: undefined,
  };
}

/** Region and settings of a stage. */
export function stageEnvironment(stage: string, settings: StageSettings): Environment {
  return { ...variablesOf(settings), ...placeEnvironment(stage, settings.region) };
}
