// A training program as SageMaker starts one: data in `input/data/<channel>/`, the model in `model/`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.env.SAGEMAKER_BASE_DIR ?? '/opt/ml';
const { days } = JSON.parse(readFileSync(join(root, 'input/config/hyperparameters.json'), 'utf8'));
const channel = join(root, 'input/data/orders');
const totals = readdirSync(channel).map(
  (name) => JSON.parse(readFileSync(join(channel, name), 'utf8')).total,
);
const perDay = totals.reduce((sum, total) => sum + total, 0) / Number(days);
writeFileSync(join(root, 'model/model.json'), JSON.stringify({ perDay }));
