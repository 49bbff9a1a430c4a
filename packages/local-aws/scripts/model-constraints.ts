/**
 * Writes `src/services/<service>/constraints.json`: what AWS's service models say about inputs beyond their
 * types, for the operations that the local AWS has. The SDK for JavaScript leaves it out of its schemas; the
 * models of botocore (Apache-2.0) have it. Run it after a service has got a new operation:
 *
 *     npm run constraints --workspace local-aws -- \
 *       "$(python3 -c 'import botocore as b; print(b.__path__[0])')/data"
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createHost } from '../src/host.ts';
import type { Service } from '../src/service.ts';
import { allServices } from '../src/services/index.ts';
import type { ModelConstraints, ShapeConstraints } from '../src/wire/constraints.ts';

const services = new URL('../src/services', import.meta.url).pathname;

/** A shape of botocore's models. */
interface ModelShape {
  type: string;
  members?: Record<string, { shape: string }>;
  member?: { shape: string };
  key?: { shape: string };
  value?: { shape: string };
  min?: number;
  max?: number;
  pattern?: string;
  enum?: string[];
}

interface Model {
  operations: Record<string, { input?: { shape: string } }>;
  shapes: Record<string, ModelShape>;
}

/** Names of botocore's folders where they are not the signing name. */
const FOLDERS: Record<string, string> = { monitoring: 'cloudwatch', states: 'stepfunctions' };

/** @returns undefined for a service that has no file: it checks its inputs in words of its own */
function placeOf(service: Service): { model: string; file: string } | undefined {
  const runtime = service.signingName === 'sagemaker' && service.protocol === 'rest-json';
  const model = runtime ? 'sagemaker-runtime' : (FOLDERS[service.signingName] ?? service.signingName);
  const folder = service.signingName === 'states' ? 'step-functions' : model;
  return (
    service.constraints && {
      model,
      file: join(services, folder, 'constraints.json'),
    }
  );
}

function readModel(data: string, name: string): Model {
  const version = readdirSync(join(data, name)).sort().at(-1) as string;
  const file = join(data, name, version, 'service-2.json.gz');
  return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as Model;
}

function constraintsOf(model: Model, operations: readonly string[]): ModelConstraints {
  const shapes: Record<string, ShapeConstraints> = {};
  const result: ModelConstraints = { operations: {}, shapes };
  const visiting = new Set<string>();

  /** Whether anything in the shape, or in what it is made of, is limited; then it is in `shapes`. */
  function visit(name: string): boolean {
    if (shapes[name] !== undefined) return true;
    // A recursive structure is limited if one of its other members is; nothing here depends on itself alone.
    if (visiting.has(name)) return true;
    visiting.add(name);
    const shape = model.shapes[name] as ModelShape;
    const limited: ShapeConstraints = own(shape);
    const members = Object.entries(shape.members ?? {}).filter(([, member]) => visit(member.shape));
    if (members.length > 0)
      limited.members = Object.fromEntries(members.map(([key, { shape }]) => [key, shape]));
    if (shape.member && visit(shape.member.shape)) limited.item = shape.member.shape;
    if (shape.key && visit(shape.key.shape)) limited.key = shape.key.shape;
    if (shape.value && visit(shape.value.shape)) limited.value = shape.value.shape;
    visiting.delete(name);
    if (Object.keys(limited).length === 0) return false;
    shapes[name] = limited;
    return true;
  }

  for (const operation of [...operations].sort()) {
    const input = model.operations[operation]?.input?.shape;
    result.operations[operation] = input !== undefined && visit(input) ? input : null;
  }
  return result;
}

/** A length of at least 0 says nothing. */
function own({ type, min, max, pattern, enum: values }: ModelShape): ShapeConstraints {
  const number = ['integer', 'long', 'float', 'double'].includes(type);
  return {
    ...(min !== undefined && (number || min > 0) ? { min: Number(min) } : {}),
    ...(max === undefined ? {} : { max: Number(max) }),
    // SageMaker's tags have a count behind the end, `…)${1,128}`, which no engine takes.
    ...(pattern === undefined ? {} : { pattern: pattern.replace(/\$\{\d+,\d+\}$/, '$') }),
    ...(values === undefined ? {} : { enum: values }),
  };
}

/** A shape on a line, so that a change shows as one. */
function write({ operations, shapes }: ModelConstraints): string {
  const lines = Object.entries(shapes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, shape]) => `    ${JSON.stringify(name)}: ${JSON.stringify(shape)}`);
  return `{\n  "operations": ${JSON.stringify(operations)},\n  "shapes": {\n${lines.join(',\n')}\n  }\n}\n`;
}

const data = process.argv[2];
if (data === undefined) {
  console.error('usage: npm run constraints --workspace local-aws -- <folder of botocore>/data');
  process.exit(1);
}
const state = mkdtempSync(join(tmpdir(), 'local-aws-constraints-'));
const local = await createHost({ services: allServices(), state, port: 0 });
for (const service of local.services.all()) {
  const place = placeOf(service);
  if (place === undefined) continue;
  // What was written before stays: two branches that add operations then differ in lines of their own.
  const before = JSON.parse(readFileSync(place.file, 'utf8')) as ModelConstraints;
  const operations = new Set([...Object.keys(before.operations), ...Object.keys(service.operations)]);
  writeFileSync(place.file, write(constraintsOf(readModel(data, place.model), [...operations])));
  console.log(place.file);
}
await local.stop();
rmSync(state, { recursive: true, force: true });
