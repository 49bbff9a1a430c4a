// Runs inside an execution environment: Lambda's runtime for Node, over the Lambda Runtime API
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). Plain JavaScript: it runs without any
// loader.
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const api = new URL(`http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/`);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
/**
 * Marks the end of an invocation's output on both streams, so that its log is complete before its response.
 */
const endOfOutput = `\0${process.env.LOCAL_OUTPUT_MARK}\n`;
delete process.env.LOCAL_OUTPUT_MARK;

/**
 * Whether handlers may use a callback, which Lambda allows up to Node 22. The function's runtime decides, not
 * this machine's Node.
 */
const callbacks = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV)?.[1]) < 24;

/** Undefined between invocations. */
let currentRequest;

// Our parent holds the other end as long as it lives.
process.stdin
  .on('end', () => process.exit(1))
  .on('error', () => process.exit(1))
  .resume();
process.stdin.unref();

function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, api), { method, agent, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** As the Node runtime does in its text format; a message of several lines stays one log event. */
function patchConsole() {
  for (const [method, level] of [
    ['trace', 'TRACE'],
    ['debug', 'DEBUG'],
    ['log', 'INFO'],
    ['info', 'INFO'],
    ['warn', 'WARN'],
    ['error', 'ERROR'],
  ]) {
    console[method] = (...values) => {
      const text = `${new Date().toISOString()}\t${currentRequest ?? 'undefined'}\t${level}\t${format(...values)}`;
      process.stdout.write(`${text.replaceAll('\n', '\r')}\n`);
    };
  }
}

function describe(error) {
  if (error instanceof Error) {
    return {
      errorType: error.name,
      errorMessage: error.message,
      trace: String(error.stack ?? '').split('\n'),
    };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

async function loadHandler() {
  const handler = process.env._HANDLER;
  const split = handler.lastIndexOf('.');
  const base = join(process.env.LAMBDA_TASK_ROOT, handler.slice(0, split));
  const file = ['.js', '.mjs', '.cjs'].map((ending) => base + ending).find((path) => existsSync(path));
  if (file === undefined) {
    throw new RuntimeError(
      'Runtime.ImportModuleError',
      `Error: Cannot find module '${handler.slice(0, split)}'`,
    );
  }
  const module = await import(pathToFileURL(file).href).catch((error) => {
    if (!/^(ERR_)?MODULE_NOT_FOUND$/.test(error?.code)) throw error;
    throw new RuntimeError('Runtime.ImportModuleError', `Error: ${error.message}`);
  });
  const name = handler.slice(split + 1);
  const found = module[name] ?? module.default?.[name];
  if (typeof found !== 'function') {
    throw new RuntimeError('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  }
  // Lambda tells a handler that calls back by the parameters that it declares.
  if (!callbacks && found.length >= 3) {
    throw new RuntimeError(
      'Runtime.CallbackHandlerDeprecated',
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
    );
  }
  return found;
}

/** Answers the running invocation with null; set while one runs. */
let abandon;

/**
 * A handler returns a promise or, up to nodejs22.x, calls back. When no work is pending the result is null.
 */
function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    abandon = () => resolve(null);
    const callback = (error, result) => (error == null ? resolve(result) : reject(error));
    if (callbacks) Object.assign(context, { done: callback, succeed: resolve, fail: reject });
    const returned = callbacks ? handler(event, context, callback) : handler(event, context);
    if (typeof returned?.then === 'function') returned.then(resolve, reject);
    else if (!callbacks) resolve(returned);
  });
}

function makeContext(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const clientContext = headers['lambda-runtime-client-context'];
  return {
    ...(callbacks ? { callbackWaitsForEmptyEventLoop: true } : {}),
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    ...(clientContext === undefined ? {} : { clientContext: JSON.parse(clientContext) }),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** Settles when the parent's pipes have all output of this invocation. */
async function finish(path, body, headers = {}) {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise((resolve) => stream.write(endOfOutput, resolve));
  }
  const memory = String(Math.ceil(process.resourceUsage().maxRSS / 1024));
  await call('POST', path, body, {
    'content-type': 'application/json',
    'local-memory-mb': memory,
    ...headers,
  });
}

async function report(path, error) {
  const text = JSON.stringify(error);
  const kind = path === 'init/error' ? 'Init Error' : 'Invoke Error';
  const line = `${new Date().toISOString()}\t${currentRequest ?? 'undefined'}\tERROR\t${kind} \t${text}`;
  process.stdout.write(`${line}\n`);
  await finish(path, text, { 'lambda-runtime-function-error-type': error.errorType });
}

patchConsole();
/** An error outside any promise that the handler waits for ends the environment, as in Lambda. */
function die(name) {
  return (error) => {
    const described = describe(error);
    const path = currentRequest === undefined ? 'init/error' : `invocation/${currentRequest}/error`;
    const body =
      name === undefined
        ? described
        : {
            ...described,
            errorType: name,
            errorMessage: `${described.errorType}: ${described.errorMessage}`,
          };
    report(path, body).finally(() => process.exit(129));
  };
}
process.on('beforeExit', () => setImmediate(() => abandon?.()));
process.on('uncaughtException', die());
process.on('unhandledRejection', die('Runtime.UnhandledPromiseRejection'));

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  await report('init/error', describe(error));
  process.exit(1);
}

for (;;) {
  const { headers, body } = await call('GET', 'invocation/next');
  currentRequest = headers['lambda-runtime-aws-request-id'];
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
  try {
    const result = await run(handler, JSON.parse(body.toString('utf8')), makeContext(headers));
    const text = JSON.stringify(result);
    await finish(`invocation/${currentRequest}/response`, text === undefined ? 'null' : text);
  } catch (error) {
    await report(`invocation/${currentRequest}/error`, describe(error));
  }
  currentRequest = undefined;
}
