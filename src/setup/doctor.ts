/** @file Examines this installation: every part it needs, whether it works, and what mends it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UserError } from '../errors/user_error.js';
import { ok, optional, type Check } from './check.js';
import { BINDING, installedStamp, LIBRARY } from './installation.js';
import type { EngineReport } from './probe_engine.js';
import { findCompiler, findPython, formatBytes, freeBytes, type Tool } from './requirements.js';
import { errorLine, runCommand } from './run_command.js';

const PROBE = fileURLToPath(new URL('probe_engine.ts', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const PACKAGES = ['@tensorflow/tfjs-node-gpu', 'koffi', 'sharp', 'tsx'];

/** Where to look. */
export interface Premises {
  /** Folder of this package. */
  readonly root: string;
  /** Folder of the installed `@tensorflow/tfjs-node-gpu`. */
  readonly packageDir: string;
}

/** All checks, in the order in which one mends them. */
export async function examine({ root, packageDir }: Premises): Promise<Check[]> {
  const tools = await Promise.all([toolCheck('C++ compiler', findCompiler), toolCheck('Python with pip', findPython)]);
  const library = libraryCheck(packageDir);
  return [
    nodeCheck(root),
    ok('platform', `${process.platform}-${process.arch}, ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`),
    ok('memory', `${formatBytes(totalmem())}, ${formatBytes(freemem())} free; ${availableParallelism()} cores`),
    ok('disk', `${formatBytes(await freeBytes(root))} free`),
    ...PACKAGES.map((name) => packageCheck(root, name)),
    await ffiCheck(),
    // Only set-up needs these: without them an installation that is whole still works.
    ...tools.map((check) => (library.status === 'ok' && check.status === 'missing' ? absent(check) : check)),
    library,
    ...(library.status === 'ok' ? await engineChecks(packageDir) : []),
    ...weightChecks([join(root, 'models'), join(root, 'weights')]),
  ];
}

function absent(check: Check): Check {
  return { ...check, status: 'absent' };
}

function nodeCheck(root: string): Check {
  const manifest = readJson(join(root, 'package.json')) as { engines: { node: string } };
  const needed = manifest.engines.node;
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  const [leastMajor, leastMinor] = needed.replace('>=', '').split('.').map(Number) as [number, number];
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return ok('Node', process.version);
  return { name: 'Node', status: 'missing', found: process.version, remedy: `Install Node ${needed}` };
}

function packageCheck(root: string, name: string): Check {
  try {
    // Not every package lets its package.json be resolved.
    const folder = createRequire(join(root, 'package.json'))
      .resolve.paths(name)!
      .map((path) => join(path, name));
    const file = folder.map((path) => join(path, 'package.json')).find((path) => existsSync(path));
    return ok(name, (readJson(file ?? '') as { version: string }).version);
  } catch {
    return { name, status: 'missing', found: 'not installed', remedy: 'npm ci' };
  }
}

async function ffiCheck(): Promise<Check> {
  try {
    const { default: koffi } = await import('koffi');
    koffi.load(null);
    return ok('foreign functions', 'koffi loads');
  } catch (error) {
    return { name: 'foreign functions', status: 'missing', found: (error as Error).message, remedy: 'npm ci' };
  }
}

async function toolCheck(name: string, find: () => Promise<Tool>): Promise<Check> {
  try {
    const { command, version } = await find();
    return ok(name, `${command}: ${version}`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name, status: 'missing', found: 'not found', remedy: error.details.remedy };
  }
}

function libraryCheck(packageDir: string): Check {
  const name = 'native library';
  const stamp = installedStamp(packageDir);
  if (stamp) return ok(name, `TensorFlow ${stamp.version}, ${stamp.variant} build`);
  const some = [LIBRARY, BINDING].some((file) => existsSync(join(packageDir, file)));
  return { name, status: 'missing', found: some ? 'incomplete' : 'not installed', remedy: 'npx rsd-setup' };
}

/** Loads TensorFlow in a process of its own, since a library that does not fit the CPU ends its process. */
async function engineChecks(packageDir: string): Promise<Check[]> {
  const name = 'engine';
  const { code, stdout, stderr } = await runCommand(process.execPath, ['--import', TSX, PROBE]);
  if (code !== 0) {
    return [{ name, status: 'missing', found: errorLine(stderr) || 'it crashed', remedy: 'npx rsd-setup --force' }];
  }
  const { version, backend, devices } = JSON.parse(stdout) as EngineReport;
  const gpus = devices.filter(({ type }) => type === 'GPU');
  const listed = devices.map(({ name: device, memoryBytes, type }) =>
    type === 'GPU' ? `${shortName(device)} (${formatBytes(memoryBytes)})` : shortName(device),
  );
  const checks = [
    ok(name, `TensorFlow ${version} runs TensorFlow.js (backend ${backend})`),
    ok('devices', listed.join(', ')),
  ];
  if (installedStamp(packageDir)?.variant === 'cuda' && gpus.length === 0) checks.push(noGpu());
  return checks;
}

function noGpu(): Check {
  return {
    name: 'CUDA',
    status: 'missing',
    found: 'the CUDA build is installed but sees no GPU',
    remedy:
      'Check the driver with nvidia-smi (525 or later) and CUDA_VISIBLE_DEVICES; for the CPU build: npx rsd-setup --force',
  };
}

/** `/job:localhost/replica:0/task:0/device:CPU:0` -> `CPU:0`. */
function shortName(device: string): string {
  return device.replace(/^.*device:/, '');
}

/** The perceptual metrics' files are told from the models by their names. */
function weightChecks(folders: readonly string[]): Check[] {
  const files = [...new Set(folders.flatMap(weightFiles))];
  const isPerceptual = (name: string): boolean => name.includes('lpips');
  return [
    optional('perceptual weights', files.filter(isPerceptual), 'npx rsd-setup --perceptual'),
    optional(
      'models',
      files.filter((name) => !isPerceptual(name)),
      'git checkout -- models',
    ),
  ];
}

function weightFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
