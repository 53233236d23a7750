/** @file The folder of one training run: its layout, its resolved config, and the lock that keeps a second run out. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { UserError } from '../errors/user_error.js';
import { writeFileDurably } from '../files/durable_file.js';
import { isRunning, ownIdentity, type ProcessIdentity } from './process_identity.js';

/** Where everything of a run lies. */
export interface RunPaths {
  readonly root: string;
  /** Resolved config. */
  readonly config: string;
  /** One line an iteration. */
  readonly stats: string;
  readonly checkpoints: string;
  /** Sample grids. */
  readonly images: string;
  /** TensorBoard's event files; the released trainers' name. */
  readonly events: string;
  /** SHA-256 of the list of training photos. */
  readonly photos: string;
  /** Photos that could not be read, written when there are any. */
  readonly unreadable: string;
  /** EMA weights of the trained network, for inference and export. */
  readonly student: string;
  readonly lock: string;
}

/** The layout of the run folder `root`; nothing has to exist. */
export function runPaths(root: string): RunPaths {
  return {
    root,
    config: path.join(root, 'config.yaml'),
    stats: path.join(root, 'stats.jsonl'),
    checkpoints: path.join(root, 'checkpoints'),
    images: path.join(root, 'images'),
    events: path.join(root, 'tf_logs'),
    photos: path.join(root, 'photos.sha256'),
    unreadable: path.join(root, 'unreadable_photos.txt'),
    student: path.join(root, 'student.safetensors'),
    lock: path.join(root, 'run.lock'),
  };
}

/** Who holds a run folder. */
interface LockHolder extends ProcessIdentity {
  readonly host: string;
}

/**
 * Compares the config of an interrupted run with the one it is to go on with.
 *
 * @throws UserError naming what differs if the run cannot go on.
 */
export type CompareConfigs = (saved: string, wanted: string) => void;

/** A run folder that this process holds until {@link RunFolder.release}. */
export class RunFolder {
  private constructor(
    readonly paths: RunPaths,
    /** SHA-256 of `config.yaml` in hexadecimal. */
    readonly configHash: string,
    private readonly lockText: string,
  ) {}

  /**
   * Makes the folder or opens it to resume, takes its lock and writes `config.yaml`. A lock whose process has ended is
   * taken over.
   *
   * @param config the resolved config as YAML.
   * @param compare is called if the folder holds checkpoints and another config; if it returns, the new one is saved.
   * @throws UserError if a live process holds the folder, or if `compare` says that the run cannot go on.
   */
  static async open(root: string, config: string, compare: CompareConfigs): Promise<RunFolder> {
    const paths = runPaths(root);
    mkdirSync(root, { recursive: true });
    const lockText = takeLock(paths.lock);
    try {
      if (hasCheckpoints(paths)) {
        const saved = await readFile(paths.config, 'utf8').catch((error: unknown) => {
          const remedy =
            'Without it nobody can tell whether the checkpoints fit: put it back or choose another run folder';
          throw new UserError('the config of the run cannot be read', { file: paths.config, remedy }, { cause: error });
        });
        if (saved !== config) compare(saved, config);
      }
      await mkdir(paths.checkpoints, { recursive: true });
      await mkdir(paths.images, { recursive: true });
      await writeFileDurably(paths.config, config);
    } catch (error) {
      rmSync(paths.lock, { force: true });
      throw error;
    }
    return new RunFolder(paths, createHash('sha256').update(config).digest('hex'), lockText);
  }

  /** Gives the folder up. */
  release(): void {
    if (readLock(this.paths.lock) === this.lockText) rmSync(this.paths.lock, { force: true });
  }
}

/**
 * True if a run was interrupted (or ended) here after its first checkpoint. Of the working names of
 * `checkpoint_store.ts`, `.old` is a whole checkpoint that was about to be replaced.
 */
export function hasCheckpoints({ checkpoints }: RunPaths): boolean {
  return existsSync(checkpoints) && readdirSync(checkpoints).some((name) => /^iteration-\d+(\.old-\d+)?$/.test(name));
}

function readLock(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes a file only if there is none. */
function createExclusively(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes the lock and returns its text, which is different for every taker. */
function takeLock(file: string): string {
  const text = `${JSON.stringify({ ...ownIdentity(), host: hostname() } satisfies LockHolder)}\n`;
  while (!createExclusively(file, text)) {
    const found = readLock(file);
    if (found === undefined) continue;
    refuseIfHeld(file, found);
    const stale = `${file}.stale-${process.pid}`;
    try {
      renameSync(file, stale);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw error;
    }
    // Another process may have taken the stale lock over since it was read: what was moved away is then a live one.
    const moved = readLock(stale);
    rmSync(stale, { force: true });
    if (moved !== undefined && moved !== found) createExclusively(file, moved);
  }
  return text;
}

/** @throws UserError if the lock's process is alive, or on another machine, where that cannot be seen. */
function refuseIfHeld(file: string, text: string): void {
  let holder: LockHolder;
  try {
    holder = JSON.parse(text) as LockHolder;
  } catch {
    // Cut short by a crash.
    return;
  }
  if (holder.host !== hostname()) {
    throw new UserError('the run folder is in use on another machine', {
      file,
      found: `process ${holder.pid} on ${holder.host}`,
      remedy: 'If that process has ended, delete this file and start again',
    });
  }
  if (isRunning(holder)) {
    throw new UserError('the run folder is in use', {
      file,
      found: `running process ${holder.pid}`,
      remedy: 'Wait for it, stop it, or choose another run folder',
    });
  }
}
