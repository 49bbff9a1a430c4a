import type { BackendName } from '#model/tensorflow/backend-names.ts';

/**
 * Backend of the tests of training, transfer and files: WebAssembly, or TensorFlow in `npm run test:native`.
 */
export const backendUnderTest = (process.env.GRAFT_TEST_BACKEND ?? 'wasm') as BackendName;
