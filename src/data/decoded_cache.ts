/** @file Decoded photos kept in memory up to a limit, the longest unused going first. */
import type { Rgb8 } from '../images/pixels.js';

/** Cache of decoded photos by file. Concurrent requests for a file decode it once. */
export class DecodedCache {
  private readonly ready = new Map<string, Rgb8>();
  private readonly running = new Map<string, Promise<Rgb8>>();
  private bytes = 0;

  /**
   * @param decode how a file is decoded; a rejection is passed on and not remembered
   * @param limit bytes of pixels kept; photos in use come on top
   */
  constructor(
    private readonly decode: (file: string) => Promise<Rgb8>,
    private readonly limit: number,
  ) {}

  /** The decoded photo. */
  async get(file: string): Promise<Rgb8> {
    const kept = this.ready.get(file);
    if (kept) {
      // A Map iterates in order of insertion: moving to the end marks it as just used.
      this.ready.delete(file);
      this.ready.set(file, kept);
      return kept;
    }
    const running = this.running.get(file) ?? this.start(file);
    return running;
  }

  private start(file: string): Promise<Rgb8> {
    const running = this.decode(file)
      .then((photo) => {
        this.keep(file, photo);
        return photo;
      })
      .finally(() => this.running.delete(file));
    this.running.set(file, running);
    return running;
  }

  private keep(file: string, photo: Rgb8): void {
    if (photo.data.byteLength > this.limit) return;
    this.ready.set(file, photo);
    this.bytes += photo.data.byteLength;
    for (const [oldest, { data }] of this.ready) {
      if (this.bytes <= this.limit) break;
      this.ready.delete(oldest);
      this.bytes -= data.byteLength;
    }
  }
}
