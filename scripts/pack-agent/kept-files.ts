/** What is of no use where a package only runs. */
const NEVER = [
  /\.map$/,
  /\.d\.[cm]?ts$/,
  /\.ts$/,
  /\.md$/i,
  /\.externs\.js$/,
  /(^|\/)(test|tests|docs|example|examples|benchmark)\//,
];

/** What of a package is needed, where that is far less than what it brings. */
const ONLY: Readonly<Record<string, (platform: string) => readonly RegExp[]>> = {
  // For all platforms it has 290 MB.
  'onnxruntime-node': (platform) => [
    /^dist\/.*\.js$/,
    new RegExp(`^bin/napi-v6/${platform.replace('-', '/')}/`),
  ],
  'onnxruntime-common': () => [/^dist\/cjs\//],
  // For all platforms it has 137 MB.
  webgpu: (platform) => [new RegExp(`^dist/${platform.replace(/^darwin-.*/, 'darwin-universal')}/`)],
};

/** Of TensorFlow.js's packages, the build that Node loads. The others are for browsers and bundlers. */
const OF_TENSORFLOW = [/^dist\/[\w-]+\.node\.js$/, /^dist\/[\w-]+\.wasm$/];

const ALWAYS = [/^package\.json$/, /^(LICEN[CS]E|NOTICE|COPYING|THIRD-PARTY)[\w.-]*$/i];

/**
 * Whether a file of a package goes into the tarball.
 *
 * @param file path within the package
 * @param platform for instance `linux-x64`
 */
export function isKept(name: string, file: string, platform: string): boolean {
  if (ALWAYS.some((pattern) => pattern.test(file))) return true;
  if (NEVER.some((pattern) => pattern.test(file))) return false;
  const only = name.startsWith('@tensorflow/') ? OF_TENSORFLOW : ONLY[name]?.(platform);
  return only === undefined || only.some((pattern) => pattern.test(file));
}
