import { InvalidInputError } from '#core/errors.ts';

/**
 * A stage's name is part of all other names, between hyphens, so it has no hyphens itself: no name of another
 * stage begins with `graft-dev-`. Its length leaves room for a domain's name in an endpoint's name.
 *
 * @param example a command line for the hint
 * @throws InvalidInputError
 */
export function checkStageName(stage: string | undefined, example: string): string {
  if (stage === undefined) {
    throw new InvalidInputError('Which stage? --stage is missing', { hint: `For instance: ${example}` });
  }
  if (!/^[a-z][a-z0-9]{0,15}$/.test(stage)) {
    throw new InvalidInputError(
      `"${stage}" is no name for a stage: a lower-case letter, then up to 15 letters and digits`,
      { hint: `For instance: ${example}` },
    );
  }
  return stage;
}
