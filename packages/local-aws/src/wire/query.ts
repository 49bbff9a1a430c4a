import type { NormalizedSchema } from '@smithy/core/schema';
import { readText } from './scalars.ts';
import { ShapeError } from './shape.ts';

/** A form's dotted names as a tree: `Tags.member.1.Key=a` is Tags → member → 1 → Key. */
interface Node {
  value?: string;
  readonly children: Map<string, Node>;
}

/** Reads an AWS query form (`Action=…&Version=…&Name=…`) to the input of the SDK's command. */
export function fromQuery(schema: NormalizedSchema, form: URLSearchParams): unknown {
  const root: Node = { children: new Map() };
  for (const [name, value] of form) {
    if (name === 'Action' || name === 'Version' || name.startsWith('X-Amz-')) continue;
    let node = root;
    for (const part of name.split('.')) {
      let next = node.children.get(part);
      if (next === undefined) {
        next = { children: new Map() };
        node.children.set(part, next);
      }
      node = next;
    }
    node.value = value;
  }
  return schema.isUnitSchema() ? {} : read(schema, root, '');
}

function read(schema: NormalizedSchema, node: Node, path: string): unknown {
  if (schema.isStructSchema()) {
    const byWireName = new Map(
      Array.from(schema.structIterator(), ([name, member]) => [
        (member.getMemberTraits().xmlName as string | undefined) ?? name,
        { name, member },
      ]),
    );
    const result: Record<string, unknown> = {};
    for (const [key, child] of node.children) {
      const known = byWireName.get(key);
      if (known === undefined) result[key] = child.value ?? {};
      else result[known.name] = read(known.member, child, path === '' ? known.name : `${path}.${known.name}`);
    }
    return result;
  }
  if (schema.isListSchema()) {
    const item = schema.getValueSchema();
    return numbered(
      flattened(schema, node, (item.getMergedTraits().xmlName as string | undefined) ?? 'member'),
    ).map((child, index) => read(item, child, `${path}.${index + 1}.member`));
  }
  if (schema.isMapSchema()) {
    const key = (schema.getKeySchema().getMergedTraits().xmlName as string | undefined) ?? 'key';
    const value = (schema.getValueSchema().getMergedTraits().xmlName as string | undefined) ?? 'value';
    return Object.fromEntries(
      numbered(flattened(schema, node, 'entry')).map((entry) => {
        const item = entry.children.get(value);
        if (item === undefined) throw new ShapeError(path, `'${path}' has an entry without a value`);
        return [entry.children.get(key)?.value ?? '', read(schema.getValueSchema(), item, path)];
      }),
    );
  }
  if (node.value === undefined) throw new ShapeError(path, `'${path}' must be one value`);
  return readText(schema, node.value, path);
}

function flattened(schema: NormalizedSchema, node: Node, name: string): Node {
  if (schema.getMergedTraits().xmlFlattened) return node;
  return node.children.get(name) ?? { children: new Map() };
}

/** Children `1`, `2`, … in numeric order. */
function numbered(node: Node): Node[] {
  return [...node.children]
    .filter(([name]) => /^\d+$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
}
