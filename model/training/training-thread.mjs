// Where a training thread starts. The sources are TypeScript, and a thread does not inherit the parent's loader.
import { register } from 'tsx/esm/api';

register();
await import('./training-worker.ts');
