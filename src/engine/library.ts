/** @file Where the native TensorFlow library of this installation is. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../errors/user_error.js';

/** Folder of the installed `@tensorflow/tfjs-node-gpu` package. */
export function nativePackageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'));
}

/** Path of TensorFlow's shared library, the one TensorFlow.js itself loads. Throws `UserError` when set-up has not run. */
export function nativeLibrary(): string {
  const file = join(nativePackageFolder(), 'deps', 'lib', 'libtensorflow.so');
  if (!existsSync(file)) {
    throw new UserError('the native TensorFlow library is not installed', { file, remedy: 'Run: npx rsd-setup' });
  }
  return file;
}
