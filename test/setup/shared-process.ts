/**
 * Folders of test files that share the processes of the workers, since loading the SDK, the local AWS and
 * TensorFlow.js anew costs them more than their tests. They leave a process as they have found it:
 * `test/architecture/processes.test.ts`. All other files get a process of their own.
 */
export const sharedProcess = [
  'test/architecture/',
  'test/cloud/',
  'test/core/',
  'test/functions/',
  'test/model/data/',
  'test/model/evaluation/',
  'test/model/keras/',
  'test/model/network/',
  'test/model/onnx/',
  'test/model/prediction/',
  'test/model/unsure/',
];
