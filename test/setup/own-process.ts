/**
 * Test files, and folders of them, that get a process of their own, since they change it: the environment
 * that the functions read, the clock, a module or TensorFlow.js. All others share the processes of the
 * workers: loading the SDK, the local AWS and TensorFlow.js anew costs them more than their tests. They leave
 * a process as they have found it: `test/architecture/processes.test.ts`.
 */
export const ownProcess = [
  'test/console/decisions.test.ts',
  'test/faults/',
  'test/model/inference/pool.test.ts',
  'test/model/tensorflow/',
  'test/onprem-agent/commands/approvals/',
  'test/statemachines/',
];
