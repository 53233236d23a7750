/** @file Charts: round ticks, values where they belong, smoothing without bias. */
import { describe, expect, it } from 'vitest';
import { linearAxis } from '../../../src/reports/pages/axis.js';
import { html } from '../../../src/reports/pages/html.js';
import { lineChart, smoothed } from '../../../src/reports/pages/line_chart.js';

describe('axis', () => {
  it.each([
    [
      [0, 10],
      ['0.0', '2.5', '5.0', '7.5', '10.0'],
    ],
    [
      [21.3, 28.9],
      ['22', '24', '26', '28'],
    ],
    [
      [0.0012, 0.0049],
      ['0.002', '0.003', '0.004', '0.005'],
    ],
    [
      [-0.3, 0.3],
      ['-0.2', '0.0', '0.2'],
    ],
  ])('%j has the ticks %j', (values, labels) => {
    const { ticks, format } = linearAxis(values, 0, 100, 5);
    expect(ticks.map(format).filter((_, i) => Math.abs(ticks[i]!) < Infinity)).toEqual(labels);
  });

  it('puts values in proportion, inside its ends', () => {
    const { place } = linearAxis([1, 3], 10, 110, 5);
    expect(place(2)).toBeCloseTo(60, 10);
    expect(place(1)).toBeGreaterThan(10);
    expect(place(3)).toBeLessThan(110);
  });

  it.each([[[]], [[5]], [[0, 0]], [[NaN, Infinity]]])('of %j is a usable one', (values) => {
    const { place, ticks } = linearAxis(values, 0, 100, 5);
    expect(Number.isFinite(place(values[0] === 5 ? 5 : 0))).toBe(true);
    expect(ticks.length).toBeGreaterThan(0);
  });
});

describe('smoothing', () => {
  it('leaves constants alone from the first value on', () => {
    for (const value of smoothed([3, 3, 3, 3], 0.9)) expect(value).toBeCloseTo(3, 12);
  });

  it('is the weighted mean of the values so far, without those that are not finite', () => {
    expect(smoothed([1, NaN, 4], 0.5)).toEqual([1, 1, (0.5 * 1 * 0.5 + 0.5 * 4) / 0.75]);
    expect(smoothed([1, 2], 0)).toEqual([1, 2]);
  });
});

describe('line chart', () => {
  const count = 5000;
  const x = Array.from({ length: count }, (_, i) => i);
  const drawn = lineChart('loss', [{ series: 0, x, y: x.map((i) => Math.sin(i)), noisy: true }]).text;

  it('draws long curves raw and smoothed, with few points', () => {
    expect(drawn.match(/<polyline/g)).toHaveLength(2);
    const points = /points="([^"]*)"/.exec(drawn)![1]!.split(' ');
    expect(points.length).toBeLessThan(450);
  });

  it('draws a single point', () => {
    expect(lineChart('x', [{ series: 0, x: [1], y: [2] }]).text).toContain('<circle');
  });
});

it('templates escape texts and nothing twice', () => {
  expect(html`<p title="${'"a" & <b>'}">${[html`<i>${'<'}</i>`, 1, undefined, false]}</p>`.text).toBe(
    '<p title="&quot;a&quot; &amp; &lt;b&gt;"><i>&lt;</i>1</p>',
  );
});
