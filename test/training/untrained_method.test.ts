/** @file A method that is described but not trained yet is refused before anything is written. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resolveRun } from '../../src/config/resolve.js';
import { runSchema } from '../../src/config/schema.js';
import { train } from '../../src/training/trainer.js';
import { temporaryFolder } from '../helpers/photos.js';

it('leaves no run folder', async () => {
  const out = join(await temporaryFolder(), 'run');
  const config = resolveRun(runSchema.parse({ method: 'sinsr' }));
  const log = { info: () => undefined, warn: () => undefined };
  await expect(train({ config, out, log })).rejects.toThrow(/method: this method cannot be trained yet/);
  expect(existsSync(out)).toBe(false);
});
