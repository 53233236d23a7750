/** @file Images in, images out: overlapping tiles become one picture, band after band, so that no whole picture is held. */
import { CHANNELS, type Picture } from '../images/picture.js';
import type { Blend } from './defaults.js';

/** Where and how tiles are put together; all in pixels of the output. */
export interface BlendLayout {
  readonly height: number;
  readonly width: number;
  readonly blend: Blend;
  /** Width of the ramp of `feather`: what neighbouring tiles share at least, > 0 if there are neighbours. */
  readonly ramp: number;
}

/** Takes finished rows; `band` is [rows, width, 3] and lies at row `top` of the picture. */
export type BandSink = (band: Picture, top: number) => void;

/**
 * Weights of a tile along one side. `average`: all one. `feather`: rising linearly from 0.5 / ramp to 1 over the first
 * `ramp` pixels and falling likewise over the last, but not at the picture's own border. Two tiles that share just
 * `ramp` pixels have weights of sum 1; elsewhere dividing by the sum makes it so.
 * @param start Of the tile, in [0, length).
 * @param length Of the picture's side.
 */
export function sideWeights(size: number, start: number, length: number, { blend, ramp }: BlendLayout): Float32Array {
  const weights = new Float32Array(size).fill(1);
  if (blend === 'average') return weights;
  for (let i = 0; i < Math.min(ramp, size); i++) {
    const share = (i + 0.5) / ramp;
    if (start > 0) weights[i]! *= share;
    if (start + size < length) weights[size - 1 - i]! *= share;
  }
  return weights;
}

/**
 * Collects tiles row by row and hands on every band that no later tile reaches: the memory is that of one row of tiles,
 * whatever the picture's height.
 */
export class BandBlender {
  /** First row of the picture that has not been handed on. */
  private top = 0;
  private rows = 0;
  private sum = new Float32Array(0);
  private weight = new Float32Array(0);

  constructor(
    private readonly layout: BlendLayout,
    private readonly sink: BandSink,
  ) {}

  /**
   * Adds a tile whose top left corner is at (`top`, `left`); it must lie inside the picture.
   * @param top Not less than that of the tile before (else an `Error`).
   */
  add(tile: Picture, top: number, left: number): void {
    if (top < this.top) throw new Error(`a tile at row ${top} after the rows before ${this.top} were handed on`);
    this.handOn(top);
    this.reserve(top + tile.height - this.top);
    const { width, height } = this.layout;
    const down = sideWeights(tile.height, top, height, this.layout);
    const across = sideWeights(tile.width, left, width, this.layout);
    for (let row = 0; row < tile.height; row++) {
      let target = (top - this.top + row) * width + left;
      let source = row * tile.width * CHANNELS;
      for (let column = 0; column < tile.width; column++, target++) {
        const weight = down[row]! * across[column]!;
        this.weight[target]! += weight;
        for (let c = 0; c < CHANNELS; c++) this.sum[target * CHANNELS + c]! += weight * tile.data[source++]!;
      }
    }
  }

  /** Hands on what is left; every pixel of the picture must have been covered (else an `Error`). */
  finish(): void {
    this.handOn(this.layout.height);
  }

  private reserve(rows: number): void {
    if (rows <= this.rows) return;
    const { width } = this.layout;
    const grown = (old: Float32Array, channels: number): Float32Array<ArrayBuffer> => {
      const larger = new Float32Array(rows * width * channels);
      larger.set(old);
      return larger;
    };
    this.sum = grown(this.sum, CHANNELS);
    this.weight = grown(this.weight, 1);
    this.rows = rows;
  }

  /** Hands on the rows above `end` and moves the others up. */
  private handOn(end: number): void {
    const rows = end - this.top;
    if (rows === 0) return;
    const { width } = this.layout;
    const pixels = rows * width;
    const data = this.sum.slice(0, pixels * CHANNELS);
    for (let pixel = 0; pixel < pixels; pixel++) {
      const weight = this.weight[pixel] ?? 0;
      if (weight === 0) throw new Error(`pixel ${pixel} of the band at row ${this.top} is covered by no tile`);
      for (let c = 0; c < CHANNELS; c++) data[pixel * CHANNELS + c]! /= weight;
    }
    for (const [values, channels] of [[this.sum, CHANNELS] as const, [this.weight, 1] as const]) {
      values.copyWithin(0, pixels * channels);
      values.fill(0, values.length - pixels * channels);
    }
    this.sink({ height: rows, width, data }, this.top);
    this.top = end;
  }
}
