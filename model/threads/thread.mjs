// Where a thread starts as long as the sources are TypeScript: a thread does not inherit the parent's loader.
// In the container's bundles, `thread.ts` itself has this name.
import { register } from 'tsx/esm/api';

register();
await import('./thread.ts');
