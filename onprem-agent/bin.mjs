#!/usr/bin/env node
// The sources are TypeScript and there is no build step: tsx translates them as they are loaded.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
