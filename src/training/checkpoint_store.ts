/** @file Checkpoints of a run: written atomically, verified when read, pruned to the last few and the best. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors/user_error.js';
import { flushFolderToDisk, renameDurably } from '../files/durable_file.js';
import type { HostTree } from '../weights/tree.js';
import type { ManifestFile, Provenance } from './checkpoint_manifest.js';
import { describeFile, readManifest, verifyFiles, writeManifest } from './checkpoint_manifest.js';
import { isRunning } from './process_identity.js';
import type { GroupWriter, TrainState, TrainStateSource } from './train_state.js';
import { readGroup, writeGroups } from './train_state.js';

const FINAL_NAME = /^iteration-(\d{8,})$/;
/** `tmp`: being written or removed. `old`: the previous checkpoint of an iteration that is being saved again. */
const WORKING_NAME = /^(iteration-\d{8,})\.(tmp|old)-(\d+)$/;

/** Options of a {@link CheckpointStore}. */
export interface CheckpointStoreOptions {
  /** How many of the newest checkpoints are kept, the best one besides; 0 keeps all. */
  readonly keepLast: number;
  readonly provenance?: Provenance;
  /** Is told of every checkpoint that had to be passed over. */
  readonly warn?: (message: string) => void;
  readonly writeGroup?: GroupWriter;
}

/** A checkpoint as its manifest describes it; its files have not been verified. */
export interface CheckpointEntry {
  readonly iteration: number;
  readonly folder: string;
  /** Validation score, lower is better. */
  readonly score: number | null;
}

/** A state read from a checkpoint. */
export interface StoredTrainState extends TrainState {
  readonly folder: string;
  readonly score: number | null;
  readonly provenance: Provenance;
}

/**
 * Reads and verifies the checkpoint in `folder`.
 *
 * @throws UserError naming the file that is missing or damaged.
 */
export async function readCheckpoint(folder: string): Promise<StoredTrainState> {
  const manifest = await readManifest(folder);
  await verifyFiles(folder, manifest);
  const groups: Record<string, HostTree> = {};
  for (const [group, { name }] of Object.entries(manifest.files))
    groups[group] = await readGroup(path.join(folder, name));
  const { iteration, counters, score, provenance } = manifest;
  return { iteration, counters, groups, folder, score, provenance };
}

/** The checkpoints in one folder, which one process writes at a time (see `run_folder.ts`). */
export class CheckpointStore {
  constructor(
    readonly folder: string,
    private readonly options: CheckpointStoreOptions,
  ) {
    if (!Number.isInteger(options.keepLast) || options.keepLast < 0) {
      throw new RangeError(`keepLast is ${options.keepLast}, not 0, 1, ...`);
    }
  }

  /**
   * Saves a state as `iteration-<8 digits>`, then prunes. Until the last rename the folder has a working name, so a crash
   * at any moment leaves either the whole checkpoint or none; earlier ones stay as they are.
   *
   * @param score validation score of this state, lower is better; one that is not finite does not count.
   * @returns the checkpoint's folder.
   * @throws UserError if the disk is full; other errors of the file system as they are.
   */
  async save(state: TrainStateSource, { score }: { score?: number } = {}): Promise<string> {
    const final = path.join(this.folder, folderName(state.iteration));
    const working = workingName(final, 'tmp');
    try {
      await mkdir(this.folder, { recursive: true });
      await rm(working, { recursive: true, force: true });
      await mkdir(working);
      await this.write(working, state, score !== undefined && Number.isFinite(score) ? score : null);
      await this.publish(working, final);
    } catch (error) {
      await rm(working, { recursive: true, force: true });
      throw explainFullDisk(error, this.folder);
    }
    await this.prune(state.iteration);
    return final;
  }

  /** All checkpoints with a readable manifest, oldest first; empty if the folder does not exist. */
  async list(): Promise<CheckpointEntry[]> {
    const entries: CheckpointEntry[] = [];
    for (const { iteration, folder } of await this.finalFolders()) {
      const manifest = await readManifest(folder).catch(() => undefined);
      if (manifest) entries.push({ iteration, folder, score: manifest.score });
    }
    return entries;
  }

  /** The checkpoint with the lowest score, the earliest of equals. */
  async best(): Promise<CheckpointEntry | undefined> {
    return lowestScore(await this.list());
  }

  /**
   * The newest checkpoint whose manifest and checksums hold, or undefined if there is none at all. Broken ones are passed
   * over with a warning, and what crashed processes left half-written is removed; so this is for the run's own process.
   *
   * @throws UserError if there are checkpoints and every one is broken: beginning anew would be a silent loss.
   */
  async latestValid(): Promise<StoredTrainState | undefined> {
    await this.clearLeftovers();
    const folders = (await this.finalFolders()).reverse();
    for (const { folder } of folders) {
      try {
        return await readCheckpoint(folder);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        this.options.warn?.(`passing over ${path.basename(folder)}: ${error.message}`);
      }
    }
    if (folders.length === 0) return undefined;
    throw new UserError('none of the checkpoints can be read', {
      file: this.folder,
      found: `${folders.length} broken`,
      remedy: 'Put back a copy of one, or remove this folder to begin anew',
    });
  }

  private async write(folder: string, state: TrainStateSource, score: number | null): Promise<void> {
    const files: Record<string, ManifestFile> = {};
    for (const [group, name] of Object.entries(await writeGroups(folder, state, this.options.writeGroup))) {
      files[group] = await describeFile(folder, name);
    }
    const provenance = this.options.provenance ?? { packageVersion: '', configHash: '' };
    await writeManifest(folder, { iteration: state.iteration, counters: state.counters, score, provenance, files });
    await flushFolderToDisk(folder);
  }

  /** Gives a finished folder its final name, in the place of an earlier checkpoint of the same iteration. */
  private async publish(working: string, final: string): Promise<void> {
    const replaced = workingName(final, 'old');
    const existed = (await this.finalFolders()).some(({ folder }) => folder === final);
    if (existed) await renameDurably(final, replaced);
    await renameDurably(working, final);
    if (existed) await rm(replaced, { recursive: true, force: true });
  }

  /**
   * Removes what is neither among the newest nor the best, counted up to the checkpoint just saved: a later one can only
   * be a broken one that was passed over when resuming, and must not push out a good one.
   */
  private async prune(saved: number): Promise<void> {
    if (this.options.keepLast === 0) return;
    const entries = (await this.list()).filter(({ iteration }) => iteration <= saved);
    const kept = new Set(entries.slice(-this.options.keepLast).map(({ folder }) => folder));
    const best = lowestScore(entries);
    if (best) kept.add(best.folder);
    for (const { iteration, folder } of await this.finalFolders()) {
      if (iteration > saved || kept.has(folder)) continue;
      // Under its working name a half-removed folder is never taken for a checkpoint.
      const working = workingName(folder, 'tmp');
      await renameDurably(folder, working);
      await rm(working, { recursive: true, force: true });
    }
  }

  /** Finishes what a process that ended in the middle of {@link save} left behind. */
  private async clearLeftovers(): Promise<void> {
    for (const name of await readdirOrEmpty(this.folder)) {
      const match = WORKING_NAME.exec(name);
      const [, finalName, kind, pid] = match ?? [];
      // Our own number is that of an earlier process here: this one is not saving while it looks for a checkpoint.
      if (!finalName || (Number(pid) !== process.pid && isRunning({ pid: Number(pid) }))) continue;
      const leftover = path.join(this.folder, name);
      const final = path.join(this.folder, finalName);
      const replaced = (await this.finalFolders()).some(({ folder }) => folder === final);
      if (kind === 'old' && !replaced) await renameDurably(leftover, final);
      else await rm(leftover, { recursive: true, force: true });
    }
  }

  private async finalFolders(): Promise<{ iteration: number; folder: string }[]> {
    return (await readdirOrEmpty(this.folder))
      .flatMap((name) => {
        const iteration = FINAL_NAME.exec(name)?.[1];
        return iteration ? [{ iteration: Number(iteration), folder: path.join(this.folder, name) }] : [];
      })
      .sort((a, b) => a.iteration - b.iteration);
  }
}

function folderName(iteration: number): string {
  if (!Number.isInteger(iteration) || iteration < 0) throw new RangeError(`iteration ${iteration} is not 0, 1, ...`);
  return `iteration-${String(iteration).padStart(8, '0')}`;
}

function workingName(final: string, kind: 'tmp' | 'old'): string {
  return `${final}.${kind}-${process.pid}`;
}

function lowestScore(entries: readonly CheckpointEntry[]): CheckpointEntry | undefined {
  return entries
    .filter(({ score }) => score !== null)
    .reduce<CheckpointEntry | undefined>(
      (best, entry) => (best === undefined || entry.score! < best.score! ? entry : best),
      undefined,
    );
}

async function readdirOrEmpty(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function explainFullDisk(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  const remedy = 'Earlier checkpoints are intact: free some space and start the same command again to resume';
  return new UserError('no space left for a checkpoint', { file: folder, remedy }, { cause: error });
}
