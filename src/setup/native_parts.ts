/** @file Makes the native parts of tfjs-node from wheels: TensorFlow's libraries and headers, and the binding built on them. */
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors/user_error.js';
import { BINDING } from './installation.js';
import { errorLine, runCommand } from './run_command.js';

const UNPACKER = fileURLToPath(new URL('unpack_wheel.py', import.meta.url));
const HEADERS = 'tensorflow/include/';

/** What is taken from the wheels, and where it goes. Of the headers only those of the C API: the other 9,800 are not needed. */
const MEMBERS = [
  ['tensorflow/libtensorflow_cc.so.2', 'deps/lib/libtensorflow_cc.so.2'],
  ['tensorflow/libtensorflow_framework.so.2', 'deps/lib/libtensorflow_framework.so.2'],
  ...['tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tsl/platform/ctstring', 'xla/tsl/c/'].map((prefix) => [
    `${HEADERS}${prefix}`,
    `deps/include/${prefix}`,
  ]),
  // The CUDA build finds these through its RUNPATH, $ORIGIN/../nvidia/*/lib.
  ['nvidia/', 'deps/nvidia/'],
].map((rule) => rule.join('='));

/**
 * Unpacks the needed members of `wheels` into `folder`/deps.
 * @throws {UserError} when a file cannot be unpacked.
 */
export async function unpackWheels(wheels: readonly string[], folder: string, python: string): Promise<void> {
  for (const wheel of wheels) {
    const { code, stderr } = await runCommand(python, [UNPACKER, wheel, folder, ...MEMBERS]);
    if (code !== 0)
      throw new UserError('the download could not be unpacked', { file: wheel, found: errorLine(stderr) });
  }
  const lib = join(folder, 'deps', 'lib');
  await symlink('libtensorflow_cc.so.2', join(lib, 'libtensorflow.so'));
  await symlink('libtensorflow_framework.so.2', join(lib, 'libtensorflow_framework.so'));
}

/**
 * Compiles the binding that ships as source in `packageDir`, against `folder`/deps, to `folder`/lib.
 *
 * The same flags as the package's binding.gyp. It uses nothing of Node but its stable C API, whose headers come from a
 * package of their own: no headers of the running Node, no make, and one binary for all versions of Node.
 * @throws {UserError} when the compiler fails.
 */
export async function buildBinding(packageDir: string, folder: string, compiler: string): Promise<void> {
  const sources = join(packageDir, 'binding');
  const files = (await readdir(sources)).filter((name) => name.endsWith('.cc')).map((name) => join(sources, name));
  const nodeApi = createRequire(import.meta.url)('node-api-headers') as { include_dir: string };
  const output = join(folder, BINDING);
  await mkdir(dirname(output), { recursive: true });
  const flags = [
    '-shared',
    '-fPIC',
    '-pthread',
    '-O2',
    '-std=gnu++17',
    '-fno-rtti',
    '-fno-exceptions',
    '-DNAPI_VERSION=8',
  ];
  const include = [`-I${nodeApi.include_dir}`, `-I${join(folder, 'deps', 'include')}`];
  const link = [`-L${join(folder, 'deps', 'lib')}`, '-ltensorflow', '-ltensorflow_framework'];
  const runPath = '-Wl,-rpath,$ORIGIN/../../deps/lib';
  const { code, stderr } = await runCommand(compiler, [...flags, ...include, ...files, ...link, runPath, '-o', output]);
  if (code === 0) return;
  throw new UserError('the TensorFlow binding could not be compiled', {
    found: `${compiler} says: ${errorLine(stderr)}`,
    remedy: 'A compiler with C++17 is needed (g++ 8 or later); another one can be chosen with CXX',
  });
}

/**
 * Loads the binding in a process of its own.
 * @param folder Package folder, or staging folder of the same shape.
 * @returns Version of the TensorFlow it runs on.
 * @throws {Error} with the loader's message when it does not load.
 */
export async function loadedVersion(folder: string): Promise<string> {
  const script = `process.stdout.write(require(${JSON.stringify(join(folder, BINDING))}).TF_Version)`;
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' };
  const { code, stdout, stderr } = await runCommand(process.execPath, ['-e', script], { env });
  if (code === 0) return stdout;
  throw new Error(`the TensorFlow binding does not load: ${errorLine(stderr)}`);
}
