import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { openApiDocument } from '#core/api/openapi.ts';
import { repository } from './fingerprint.ts';

/** Writes docs/openapi.yaml: `npm run openapi`. A test says when it is out of date. */
await writeFile(join(repository, 'docs/openapi.yaml'), stringify(openApiDocument(), { lineWidth: 110 }));
