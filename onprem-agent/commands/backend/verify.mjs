// Checks a fresh backend in a process of its own, since libraries that do not fit can crash it.
// The sources are TypeScript, and a process does not inherit its parent's loader. In the bundles,
// `verify-program.ts` itself has this name.
import { register } from 'tsx/esm/api';

register();
await import('./verify-program.ts');
