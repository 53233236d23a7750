/** @file One process at a time: the others wait and say so. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';

/** A process that was killed holds its lock for this long at most. Milliseconds. */
const STALE_AFTER = 10_000;
const ASK_EVERY = 300;

/** Runs `body` while holding the lock of `folder` (made when missing), which other processes respect. */
export async function withLock<T>(folder: string, log: (line: string) => void, body: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  const options = { lockfilePath: join(folder, '.rsd-setup.lock'), stale: STALE_AFTER, update: STALE_AFTER / 4 };
  let release: (() => Promise<void>) | undefined;
  for (let waiting = false; release === undefined;) {
    try {
      release = await lock(folder, options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      if (!waiting) log('another rsd-setup is at work here (or was killed a moment ago); waiting for it');
      waiting = true;
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
    }
  }
  try {
    return await body();
  } finally {
    await release();
  }
}
