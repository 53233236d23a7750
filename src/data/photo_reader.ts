/** @file Reads the photo (or the pair) at a place of the order; what cannot be read is noted, and the next one stands in. */
import type { Rgb8 } from '../images/pixels.js';
import { createPhotoDecoder } from './decode.js';
import { DecodedCache } from './decoded_cache.js';
import { FileTable, type FileTableData } from './file_table.js';
import { DataOrder } from './order.js';

/** What photos a run has. Plain data, so that it can be sent to a thread. */
export interface PhotoSet {
  readonly hr: FileTableData;
  /** LQ photo of each HR photo; null if LQ is made by a degradation. */
  readonly lq: FileTableData | null;
}

/** What {@link PhotoReader} reads by. */
export interface ReaderOptions {
  readonly photos: PhotoSet;
  readonly seed: number;
  readonly scale: number;
  readonly maxMegapixels: number;
  readonly maxFailedShare: number;
  /** Bytes of decoded photos kept. */
  readonly cacheBytes: number;
}

/** A photo that could not be read. */
export interface PhotoFailure {
  readonly file: string;
  readonly reason: string;
}

/** A decoded photo, with its LQ photo where the set has pairs. */
export interface ReadPhoto {
  readonly file: string;
  readonly photo: Rgb8;
  readonly lq: Rgb8 | undefined;
}

/** Chance at which a share that is allowed would still give up. */
const CHANCE = 1e-12;

/** Unreadable photos in a row that, of a set with no more of them than allowed, would come by chance once in 10^12. */
function longestRun(maxFailedShare: number): number {
  return maxFailedShare === 1 ? Infinity : Math.max(Math.ceil(Math.log(CHANCE) / Math.log(maxFailedShare)), 1);
}

/** Reads photos by their place in the order; remembers failures and decoded photos, which never changes a result. */
export class PhotoReader {
  private readonly hr: FileTable;
  private readonly lq: FileTable | undefined;
  private readonly order: DataOrder;
  private readonly decoded: DecodedCache;
  private readonly failures = new Map<string, string>();
  private readonly reported = new Set<string>();

  constructor(private readonly options: ReaderOptions) {
    const { photos, seed, maxMegapixels, cacheBytes } = options;
    this.hr = new FileTable(photos.hr);
    this.lq = photos.lq ? new FileTable(photos.lq) : undefined;
    this.order = new DataOrder(seed, this.hr.length);
    this.decoded = new DecodedCache(createPhotoDecoder(maxMegapixels), cacheBytes);
  }

  /**
   * The photo at a position of the order; if it cannot be read, the next one that can.
   * @returns undefined if none can, or so many in a row cannot that more than the allowed share must be unreadable
   */
  async read(position: number): Promise<ReadPhoto | undefined> {
    const most = Math.min(this.hr.length, longestRun(this.options.maxFailedShare));
    for (let skip = 0; skip < most; skip++) {
      const index = this.order.photoAt(position, skip);
      const file = this.hr.at(index);
      if (this.failures.has(file)) continue;
      try {
        return await this.readPair(file, this.lq?.at(index));
      } catch (error) {
        this.failures.set(file, (error instanceof Error ? error.message : String(error)).split('\n')[0]!);
      }
    }
    return undefined;
  }

  /** Failures that were not answered before. */
  newFailures(): PhotoFailure[] {
    const fresh = [...this.failures].filter(([file]) => !this.reported.has(file));
    for (const [file] of fresh) this.reported.add(file);
    return fresh.map(([file, reason]) => ({ file, reason }));
  }

  private async readPair(file: string, lqFile: string | undefined): Promise<ReadPhoto> {
    const photo = await this.decoded.get(file);
    if (lqFile === undefined) return { file, photo, lq: undefined };
    const lq = await this.decoded.get(lqFile).catch((error: unknown) => {
      throw new Error(`its LQ photo ${lqFile}: ${(error as Error).message}`, { cause: error });
    });
    requireScale(photo, lq, lqFile, this.options.scale);
    return { file, photo, lq };
  }
}

/** @throws Error naming both sizes if the HR photo is not `scale` times as large as its LQ photo */
export function requireScale(hr: Rgb8, lq: Rgb8, lqFile: string, scale: number): void {
  if (hr.height === lq.height * scale && hr.width === lq.width * scale) return;
  throw new Error(
    `${hr.width}x${hr.height} is not ${scale} times its LQ photo ${lqFile}, ${lq.width}x${lq.height} (data.scale ${scale})`,
  );
}
