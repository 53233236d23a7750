/** @file The files of metrics that ship with this package. */
import { fileURLToPath } from 'node:url';

/** Path of a file in `models/`. */
export function shippedFile(name: string): string {
  return fileURLToPath(new URL(`../../models/${name}`, import.meta.url));
}
