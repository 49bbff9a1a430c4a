import { runCli } from './cli/cli.ts';
import { processIo } from './cli/io.ts';

// Which Node runs here is the person's choice: the SDK's notice would stand in every output.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// Not process.exit(): an interrupted upload still tells S3 to drop its parts, and pipes are still written.
process.exitCode = await runCli(process.argv.slice(2), processIo());
