import { isMap, isScalar, isSeq, parse, type ScalarTag, type Tags } from 'yaml';

/**
 * Functions with a short form as a YAML tag, beside `!Ref` and `!Condition`, whose long forms have no `Fn::`.
 */
const FUNCTIONS = [
  'And',
  'Base64',
  'Cidr',
  'Equals',
  'FindInMap',
  'GetAtt',
  'GetAZs',
  'If',
  'ImportValue',
  'Join',
  'Not',
  'Or',
  'Select',
  'Split',
  'Sub',
  'Transform',
];

/** CloudFormation reads YAML 1.1, which knows these too. */
const olderBoolean: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|no|on|off)$/i,
  resolve: (text) => /^(?:yes|on)$/i.test(text),
};

const shortTags: Tags = [
  ...shortTag('!Ref', 'Ref'),
  ...shortTag('!Condition', 'Condition'),
  ...FUNCTIONS.flatMap((name) => shortTag(`!${name}`, `Fn::${name}`)),
];

/**
 * Reads YAML as CloudFormation does: `!Sub text` is `{"Fn::Sub": "text"}`.
 *
 * @throws Error with line and column
 */
export function readYaml(text: string): unknown {
  return parse(text, { merge: true, customTags: (tags) => [...tags, olderBoolean, ...shortTags] });
}

/** One for each kind of node that the function's argument may be. */
function shortTag(tag: string, name: string): Tags {
  const long = (argument: unknown) => ({ [name]: argument });
  return [
    { tag, resolve: (text: string) => long(name === 'Fn::GetAtt' ? attribute(text) : text) },
    { tag, collection: 'seq', resolve: (node) => long(plain(node)) },
    { tag, collection: 'map', resolve: (node) => long(plain(node)) },
  ] as Tags;
}

/** `!GetAtt Name.Attribute`; the attribute may have further dots. */
function attribute(text: string): string[] {
  const dot = text.indexOf('.');
  return dot === -1 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
}

/** The value below a tag. */
function plain(node: unknown): unknown {
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map(plain);
  if (!isMap(node)) return node;
  return Object.fromEntries(node.items.map(({ key, value }) => [String(plain(key)), plain(value)]));
}
