import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const source = readFileSync(new URL('../../statemachines/promote-model.asl.yml', import.meta.url), 'utf8');
const { definition } = parse(source, { merge: true, maxAliasCount: -1 }) as { definition: unknown };

/** The state machine's definition in JSON, as `npm run package` puts it into the template. */
export const definitionText = JSON.stringify(definition, null, 2);
