/** @file TensorBoard's event files: one file that a process appends events to. */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import {
  imageEvent,
  restartEvent,
  scalarsEvent,
  textEvent,
  versionEvent,
  type EncodedImage,
  type Moment,
} from './event.js';
import { frameRecord } from './record.js';

/** A new event file; TensorBoard reads all files of a folder in the order of their names as one run. */
export class EventFile {
  private readonly descriptor: number;

  /**
   * @param folder Is made.
   * @param nextStep First step that will be written. If the folder has files of the run's earlier processes, TensorBoard
   *   is told to forget what they have from there on.
   * @param now Clock in seconds since 1970.
   */
  constructor(
    folder: string,
    nextStep: number,
    private readonly now: () => number = () => Date.now() / 1000,
  ) {
    mkdirSync(folder, { recursive: true });
    const earlier = readdirSync(folder).filter((name) => name.startsWith('events.out.tfevents.')).length;
    const name = `events.out.tfevents.${Math.floor(now())}.${earlier}.${hostname()}`;
    this.descriptor = openSync(path.join(folder, name), 'wx');
    this.write(versionEvent(now()));
    if (earlier > 0) this.write(restartEvent(this.at(nextStep)));
  }

  /** Numbers of one step, by tag. */
  scalars(step: number, scalars: Readonly<Record<string, number>>): void {
    this.write(scalarsEvent(this.at(step), scalars));
  }

  image(step: number, tag: string, image: EncodedImage): void {
    this.write(imageEvent(this.at(step), tag, image));
  }

  /** Markdown. */
  text(step: number, tag: string, text: string): void {
    this.write(textEvent(this.at(step), tag, text));
  }

  /** Waits for the disk. */
  flush(): void {
    fsyncSync(this.descriptor);
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private at(step: number): Moment {
    return { wallTime: this.now(), step };
  }

  private write(message: Buffer): void {
    writeSync(this.descriptor, frameRecord(message));
  }
}
