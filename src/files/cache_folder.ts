/** @file Where this package keeps what can be made or fetched again. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `$XDG_CACHE_HOME/rsd-tfjs` or `~/.cache/rsd-tfjs`; need not exist. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rsd-tfjs');
}
