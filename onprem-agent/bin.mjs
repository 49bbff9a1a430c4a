#!/usr/bin/env node
// The sources are TypeScript and there is no build step: tsx translates them as they are loaded.
import { register } from 'tsx/esm/api';

// The SDK's versions are pinned, so its notice about later versions of Node.js does not matter here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

register();
await import('./main.ts');
