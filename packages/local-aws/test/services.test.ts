import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHost, type Host } from '../src/host.ts';
import type { Service } from '../src/service.ts';
import { allServices } from '../src/services/index.ts';
import { operationsOf } from '../src/wire/model.ts';

let folder: string;
let local: Host;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'local-aws-services-'));
  local = await createHost({ services: allServices(), state: folder, port: 0 });
});
afterAll(async () => {
  await local.stop();
  rmSync(folder, { recursive: true, force: true });
});

const namesOf = (matches: (service: Service) => boolean) =>
  local.services
    .all()
    .filter(matches)
    .map(({ signingName, protocol }) => `${signingName} (${protocol})`);
const duplicates = (values: (string | undefined)[]) => {
  const given = values.filter((value) => value !== undefined);
  return given.filter((value, index) => given.indexOf(value) !== index);
};

describe('the services', () => {
  it('are found by a target prefix, a query version or a path, as their protocol needs it', () => {
    expect(
      namesOf(({ protocol, targetPrefix }) => protocol.startsWith('json-') === (targetPrefix === undefined)),
    ).toEqual([]);
    expect(
      namesOf(({ protocol, queryVersion }) => (protocol === 'query') === (queryVersion === undefined)),
    ).toEqual([]);
    expect(
      namesOf(
        ({ protocol, paths, isDefault }) =>
          protocol.startsWith('rest-') && paths === undefined && isDefault !== true,
      ),
    ).toEqual([]);
  });

  it('are never mistaken for one another', () => {
    const all = local.services.all();

    expect(duplicates(all.map(({ targetPrefix }) => targetPrefix))).toEqual([]);
    expect(duplicates(all.map(({ queryVersion }) => queryVersion))).toEqual([]);
    expect(duplicates(all.map(({ signingName, protocol }) => `${signingName} ${protocol}`))).toEqual([]);
    expect(namesOf(({ isDefault }) => isDefault === true)).toEqual(['s3 (rest-xml)']);
  });

  it('tell a namespace where they answer in XML', () => {
    const inXml = ['query', 'rest-xml'];

    expect(
      namesOf(({ protocol, xmlNamespace }) => inXml.includes(protocol) === (xmlNamespace === undefined)),
    ).toEqual([]);
  });

  it('have no operation that AWS’s model does not know', () => {
    const unknown = local.services.all().flatMap(({ signingName, schemas, operations }) =>
      Object.keys(operations)
        .filter((name) => !operationsOf(schemas).has(name))
        .map((name) => `${signingName}:${name}`),
    );

    expect(unknown).toEqual([]);
  });
});
