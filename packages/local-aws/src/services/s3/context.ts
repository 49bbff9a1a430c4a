import type { World } from '../../service.ts';
import type { S3Store } from './store/s3-store.ts';

/** What every group of operations works on. */
export interface S3Context {
  world: World;
  store: S3Store;
}
