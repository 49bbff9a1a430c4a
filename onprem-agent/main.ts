import { runCli } from './cli/cli.ts';
import { processIo } from './cli/io.ts';

// The person chooses the version of Node.js. The SDK's notice about it would be in every output.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// Not process.exit(): an interrupted upload must still tell S3 to drop its parts, and pipes must be emptied.
process.exitCode = await runCli(process.argv.slice(2), processIo());
