import type { AgentCommand } from '../cli/command.ts';

/**
 * A command and its words. Its file is loaded only when it runs, so that the help need not load a tensor
 * library.
 */
export interface CommandEntry {
  /** One sentence, without a full stop. */
  description: string;
  load(): Promise<AgentCommand>;
}

export const commands: Record<string, CommandEntry> = {
  doctor: {
    description: 'Check all that a training or an upload needs here, and say what to do about what is wrong',
    load: async () => (await import('./doctor/doctor.ts')).doctor,
  },
  keygen: {
    description: 'Make the key pair that signs general models',
    load: async () => (await import('./keygen/keygen.ts')).keygen,
  },
  train: {
    description: 'Train a general model on folders of images, one folder a class',
    load: async () => (await import('./train/train.ts')).train,
  },
  import: {
    description: 'Make a general model of a network that was trained elsewhere: ONNX, Keras, TensorFlow.js',
    load: async () => (await import('./import/import.ts')).importModel,
  },
  run: {
    description: 'Run another trainer, and import and push what it has written',
    load: async () => (await import('./run/run.ts')).run,
  },
  push: {
    description: 'Sign a general model and drop it into S3, which starts its promotion',
    load: async () => (await import('./push/push.ts')).push,
  },
  'data push': {
    description: "Check a domain's images and settings and upload them, which starts its promotion",
    load: async () => (await import('./data-push/data-push.ts')).dataPush,
  },
  watch: {
    description: 'Serve: upload what is in the spool, and push folders that are complete',
    load: async () => (await import('./watch/watch.ts')).watch,
  },
  status: {
    description: 'Show what waits for its upload and why, how fast it goes, and what was done last',
    load: async () => (await import('./status/status.ts')).status,
  },
  cancel: {
    description: 'Take a model out of the spool, and what has arrived of it out of the bucket',
    load: async () => (await import('./cancel/cancel.ts')).cancel,
  },
  bandwidth: {
    description: 'Show or set the limit of all uploads from this machine, those under way included',
    load: async () => (await import('./bandwidth/bandwidth.ts')).bandwidth,
  },
  approvals: {
    description: 'List the promotions that wait for a person',
    load: async () => (await import('./approvals/approvals.ts')).approvals,
  },
  approve: {
    description: 'Let a promotion that waits for a person go on',
    load: async () => (await import('./approvals/approve.ts')).approve,
  },
  reject: {
    description: 'Refuse a promotion that waits for a person',
    load: async () => (await import('./approvals/reject.ts')).reject,
  },
  rollback: {
    description: 'Put back what was live in a domain before, or an earlier version',
    load: async () => (await import('./rollback/rollback.ts')).rollback,
  },
  console: {
    description: 'Show domains and promotions in the browser, and decide about them there',
    load: async () => (await import('./console/console.ts')).consoleCommand,
  },
  predict: {
    description: 'Ask a general model in a folder, or the live endpoint of a domain, what an image shows',
    load: async () => (await import('./predict/predict.ts')).predict,
  },
  lineage: {
    description: 'Show what the live endpoint of a domain was made from, down to the data sets',
    load: async () => (await import('./lineage/lineage.ts')).lineage,
  },
  'backend install': {
    description: 'Install a native TensorFlow, which trains faster than WebAssembly',
    load: async () => (await import('./backend/backend-install.ts')).backendInstall,
  },
  'backend remove': {
    description: 'Remove the native TensorFlow again',
    load: async () => (await import('./backend/backend-remove.ts')).backendRemove,
  },
  backend: {
    description: 'Show which backends are here, which one computes, and why',
    load: async () => (await import('./backend/backend.ts')).backend,
  },
  config: {
    description: 'Show every setting and where its value comes from',
    load: async () => (await import('./config/config.ts')).config,
  },
  completion: {
    description: 'Write the completion of words for bash, zsh or fish',
    load: async () => (await import('./completion/completion.ts')).completion,
  },
};
