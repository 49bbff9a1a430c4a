import type { NormalizedSchema } from '@smithy/core/schema';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { DATE_TIME, readText, writeText } from './scalars.ts';
import { ShapeError } from './shape.ts';

const ATTRIBUTE = '@';
const TEXT = '#text';

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/** Parses a document to its root's name and content. @throws ShapeError when it is not well-formed */
export function parseXml(text: string): { root: string; content: unknown } {
  const valid = XMLValidator.validate(text);
  if (valid !== true)
    throw new ShapeError('', `not well-formed XML: ${valid.err.msg} (line ${valid.err.line})`);
  const document = parser.parse(text) as Record<string, unknown>;
  const root = Object.keys(document).find((name) => name !== TEXT);
  if (root === undefined) throw new ShapeError('', 'an XML document without an element');
  return { root, content: document[root] };
}

/**
 * Converts parsed XML to the SDK's form. Elements that the schema does not know stay, so that `checkShape`
 * refuses them.
 */
export function fromXml(schema: NormalizedSchema, content: unknown, path = ''): unknown {
  if (schema.isStructSchema()) return readStructure(schema, content, path);
  if (schema.isListSchema()) {
    const item = schema.getValueSchema();
    const traits = schema.getMergedTraits();
    const entries = traits.xmlFlattened ? content : elementOf(content, itemName(item));
    if (entries === undefined) return [];
    return asArray(entries).map((entry, index) => fromXml(item, entry, `${path}.${index + 1}.member`));
  }
  if (schema.isMapSchema()) {
    const key = (schema.getKeySchema().getMergedTraits().xmlName as string | undefined) ?? 'key';
    const value = (schema.getValueSchema().getMergedTraits().xmlName as string | undefined) ?? 'value';
    const entries = schema.getMergedTraits().xmlFlattened ? content : elementOf(content, 'entry');
    return Object.fromEntries(
      asArray(entries ?? []).map((entry) => [
        textOf(elementOf(entry, key)),
        fromXml(schema.getValueSchema(), elementOf(entry, value), path),
      ]),
    );
  }
  return readText(schema, textOf(content), path);
}

function readStructure(schema: NormalizedSchema, content: unknown, path: string): unknown {
  if (typeof content === 'string') {
    if (content.trim() !== '')
      throw new ShapeError(path, `'${path || 'the document'}' must contain elements, not text`);
    return {};
  }
  const byWireName = new Map(
    Array.from(schema.structIterator(), ([name, member]) => {
      const traits = member.getMergedTraits();
      const element = (member.getMemberTraits().xmlName as string | undefined) ?? name;
      return [traits.xmlAttribute ? `${ATTRIBUTE}${element}` : element, { name, member }];
    }),
  );
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries((content ?? {}) as Record<string, unknown>)) {
    const known = byWireName.get(key);
    if (known !== undefined) {
      result[known.name] = fromXml(known.member, value, path === '' ? known.name : `${path}.${known.name}`);
    } else if (key === TEXT) {
      if (textOf(value).trim() !== '')
        throw new ShapeError(path, `'${path || 'the document'}' must not contain text`);
    } else if (!key.startsWith(ATTRIBUTE)) result[key] = value;
  }
  return result;
}

function elementOf(content: unknown, name: string): unknown {
  return typeof content === 'object' && content !== null
    ? (content as Record<string, unknown>)[name]
    : undefined;
}

function textOf(content: unknown): string {
  if (typeof content === 'object' && content !== null)
    return textOf((content as Record<string, unknown>)[TEXT] ?? '');
  return content === undefined ? '' : String(content);
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function itemName(item: NormalizedSchema): string {
  return (item.getMergedTraits().xmlName as string | undefined) ?? 'member';
}

/**
 * One element with its content.
 *
 * @param namespace for the `xmlns` attribute, on a document's root
 */
export function toXml(name: string, schema: NormalizedSchema, value: unknown, namespace?: string): string {
  const xmlns = namespace === undefined ? '' : ` xmlns="${escapeXml(namespace)}"`;
  if (!schema.isStructSchema()) return `<${name}${xmlns}>${content(schema, value)}</${name}>`;
  const { attributes, elements } = structure(schema, value as Record<string, unknown>);
  return `<${name}${xmlns}${attributes}>${elements}</${name}>`;
}

/** Attributes and elements of a structure's members, without the element around them. */
export function structure(
  schema: NormalizedSchema,
  value: Record<string, unknown>,
): { attributes: string; elements: string } {
  let attributes = '';
  let elements = '';
  for (const [memberName, member] of schema.structIterator()) {
    const item = value[memberName];
    if (item === undefined || item === null) continue;
    const traits = member.getMergedTraits();
    const name = (member.getMemberTraits().xmlName as string | undefined) ?? memberName;
    if (traits.xmlAttribute) attributes += ` ${name}="${escapeXml(String(item))}"`;
    else if (traits.xmlFlattened && member.isListSchema()) {
      for (const entry of item as unknown[]) elements += toXml(name, member.getValueSchema(), entry);
    } else if (traits.xmlFlattened && member.isMapSchema())
      elements += mapEntries(name, member, item as object);
    else elements += toXml(name, member, item);
  }
  return { attributes, elements };
}

function content(schema: NormalizedSchema, value: unknown): string {
  if (schema.isListSchema()) {
    const item = schema.getValueSchema();
    return (value as unknown[]).map((entry) => toXml(itemName(item), item, entry)).join('');
  }
  if (schema.isMapSchema()) return mapEntries('entry', schema, value as object);
  return escapeXml(writeText(schema, value, DATE_TIME));
}

function mapEntries(name: string, schema: NormalizedSchema, value: object): string {
  const key = (schema.getKeySchema().getMergedTraits().xmlName as string | undefined) ?? 'key';
  const item = (schema.getValueSchema().getMergedTraits().xmlName as string | undefined) ?? 'value';
  return Object.entries(value)
    .map(
      ([entryKey, entry]) =>
        `<${name}><${key}>${escapeXml(entryKey)}</${key}>${toXml(item, schema.getValueSchema(), entry)}</${name}>`,
    )
    .join('');
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // Parsers normalise these away unless they are written as references; S3 keys may contain them.
  '\r': '&#xD;',
  '\n': '&#xA;',
  '\u0085': '&#x85;',
  '\u2028': '&#x2028;',
};

export function escapeXml(text: string): string {
  return text.replace(/[&<>"\r\n\u0085\u2028]/g, (character) => ESCAPES[character] as string);
}
