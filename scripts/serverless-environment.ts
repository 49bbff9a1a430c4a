import { type StageSettings, variablesOf } from './stage-settings.ts';

/**
 * Environment of the serverless command line for a stage: its settings, its region, and the credentials that the AWS SDK takes.
 * osls alone knows `AWS_<STAGE>_PROFILE`, `AWS_<STAGE>_ACCESS_KEY_ID` and `AWS_DEFAULT_PROFILE`, so with one of them it would
 * deploy into another account than the one that was printed. `undefined` removes a variable.
 */
export function serverlessEnvironment(
  stage: string,
  settings: StageSettings,
): Record<string, string | undefined> {
  const own = `AWS_${stage.toUpperCase()}`;
  return {
    ...variablesOf(settings),
    AWS_REGION: settings.region,
    AWS_DEFAULT_REGION: settings.region,
    [`${own}_PROFILE`]: undefined,
    [`${own}_ACCESS_KEY_ID`]: undefined,
    [`${own}_SECRET_ACCESS_KEY`]: undefined,
    [`${own}_SESSION_TOKEN`]: undefined,
    AWS_DEFAULT_PROFILE: undefined,
  };
}
