// A serving program as SageMaker starts one: `GET /ping` and `POST /invocations`.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

const root = process.env.SAGEMAKER_BASE_DIR ?? '/opt/ml';
const { perDay } = JSON.parse(readFileSync(`${root}/model/model.json`, 'utf8'));
const server = createServer(async (request, response) => {
  if (request.url === '/ping') return response.end();
  const { days } = await json(request);
  response.writeHead(200, { 'content-type': 'application/json' });
  return response.end(JSON.stringify({ forecast: perDay * days }));
});
server.listen(Number(process.env.SAGEMAKER_BIND_TO_PORT ?? 8080), process.env.SAGEMAKER_BIND_TO_HOST);
process.on('SIGTERM', () => process.exit(0));
