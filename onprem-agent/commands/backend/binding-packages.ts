import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FetchContext, fetchPackages, type PinnedPackage } from './packages.ts';

const BINDING: PinnedPackage = {
  name: '@tensorflow/tfjs-node-gpu',
  version: '4.22.0',
  integrity:
    'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
  files: /^(package\.json$|binding\/|dist\/(?!.*(_test\.js|\.d\.ts)$))/,
};

/** A package that the binding's scripts load. */
const PROTOBUF: PinnedPackage = {
  name: 'google-protobuf',
  version: '3.21.4',
  integrity:
    'sha512-MnG7N936zcKTco4Jd2PX2U96Kf9PxygAPKBug+74LHzmHXmceN16MmRcdgZv+DGef/S9YvQAfRsNCn4cjf9yyQ==',
  files: /^(package\.json|google-protobuf\.js|LICENSE.*)$/,
};

/**
 * Headers of Node-API, which is stable: the headers of the running Node.js are not needed, and later versions
 * load the binding.
 */
const NODE_API: PinnedPackage = {
  name: 'node-api-headers',
  version: '1.9.0',
  integrity:
    'sha512-2oNILP4jXwRB4ywnYKjVk1YyJ96n2D4EOVJO6S3oYZ5PtbJrw3Yt9TpAuX3nBLMuzn74rnfGQrv13pS9vC+YiA==',
  files: /^include\//,
};

export const BINDING_VERSION = BINDING.version;

/**
 * Fetches what TensorFlow's binding consists of into a folder like `node_modules`. `@tensorflow/tfjs`, which
 * the binding's scripts ask for, becomes an alias for the one `@tensorflow/tfjs-core` that the program uses:
 * two of them would not know each other's tensors, and the whole package would bring 280 MB.
 *
 * @throws as `fetchPackages`
 */
export async function fetchBinding(folder: string, context: FetchContext): Promise<void> {
  await fetchPackages(folder, [BINDING, PROTOBUF, NODE_API], context);
  const alias = join(folder, '@tensorflow', 'tfjs');
  await mkdir(alias, { recursive: true });
  await writeFile(join(alias, 'index.js'), "module.exports = require('@tensorflow/tfjs-core');\n");
}
