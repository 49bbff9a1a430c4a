import type { BackendName } from '#model/tensorflow/backend.ts';

/** What the tests of training, transfer and files compute on: WebAssembly, unless `npm run test:native` says otherwise. */
export const backendUnderTest = (process.env.GRAFT_TEST_BACKEND ?? 'wasm') as BackendName;
