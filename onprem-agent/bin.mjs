#!/usr/bin/env node
// The sources are TypeScript and there is no build step: tsx translates them as they are loaded.
import { availableParallelism } from 'node:os';
import { register } from 'tsx/esm/api';

// The SDK's versions are pinned, so its notice about later versions of Node.js does not matter here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// Images are decoded and files are hashed by libuv's threads. It reads this once, at their first use.
process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));

register();
await import('./main.ts');
