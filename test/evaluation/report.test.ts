/** @file What a report says of numbers: means, differences, the order of images, files. */
import { describe, expect, it } from 'vitest';
import { mostDifferent } from '../../src/evaluation/gallery.js';
import { createReport, type EvaluationReport } from '../../src/evaluation/report.js';
import { perImageCsv, perImageJson, reportJson } from '../../src/evaluation/report_files.js';
import { evaluationPage } from '../../src/evaluation/evaluation_page.js';

const IMAGES = ['calm', 'wild, "very"', 'same'];

function report(values: Record<string, Record<string, number[]>>, images = IMAGES): EvaluationReport {
  const models = Object.keys(Object.values(values)[0]!);
  return createReport({
    title: 'Test <b>',
    images,
    models,
    metrics: Object.keys(values).map((name) => ({
      name,
      title: name.toUpperCase(),
      direction: name === 'lpips' ? 'lower' : 'higher',
    })),
    measured: new Map(Object.entries(values).map(([name, byModel]) => [name, new Map(Object.entries(byModel))])),
    setMetrics: [{ name: 'fid', title: 'FID', direction: 'lower' }],
    setMeasured: new Map([['fid', new Map(models.map((model, index) => [model, 30 + index]))]]),
    notes: ['a note'],
    seed: 1,
  });
}

const two = report({ psnr: { a: [20, 30, 25], b: [21, 20, 25] }, lpips: { a: [0.1, 0.2, 0.3], b: [0.1, 0.5, 0.3] } });

describe('a report', () => {
  it('has the differences of every two models, image by image', () => {
    expect(two.differences.map(({ metric, first, second }) => `${metric} ${first} ${second}`)).toEqual([
      'psnr a b',
      'lpips a b',
    ]);
    expect(two.differences[0]!.difference.mean).toBeCloseTo((-1 + 10 + 0) / 3, 12);
    // Sums -1+10, 1+10, -1-10, 1-10: two of four, and their like, are as far as 9 from zero.
    expect(two.differences[0]!.p).toBe(1);
  });

  it('of three models has three pairs', () => {
    expect(report({ psnr: { a: [1, 2, 3], b: [1, 2, 3], c: [2, 2, 2] } }).differences).toHaveLength(3);
  });

  it('takes two infinite values as equal', () => {
    const same = report({ psnr: { a: [Infinity, 20, 20], b: [Infinity, 21, 22] } });
    expect(same.differences[0]!.difference.mean).toBe(-1);
    expect(JSON.parse(reportJson(same))).toMatchObject({ scores: { psnr: { a: ['Infinity', 20, 20] } } });
  });

  it('shows the images first on which models differ most', () => {
    expect(mostDifferent(two)).toEqual(['wild, "very"', 'calm', 'same']);
  });
});

describe('files', () => {
  it('quote names in CSV', () => {
    const lines = perImageCsv(two).split('\r\n');
    expect(lines.slice(0, 4)).toEqual([
      'image,model,psnr,lpips',
      `avg,a,25,${two.means['lpips']!['a']!.mean}`,
      `avg,b,22,${two.means['lpips']!['b']!.mean}`,
      'calm,a,20,0.1',
    ]);
    expect(lines[5]).toBe('"wild, ""very""",a,30,0.2');
  });

  it('have every number by image, model and metric in JSON', () => {
    expect((JSON.parse(perImageJson(two)) as unknown[])[1]).toEqual({
      image: 'wild, "very"',
      scores: { a: { psnr: 30, lpips: 0.2 }, b: { psnr: 20, lpips: 0.5 } },
    });
  });
});

describe('the page', () => {
  const page = evaluationPage(two, { sliders: [], crops: [] });

  it('escapes what comes from outside', () => {
    expect(page).toContain('<title>Test &lt;b&gt;</title>');
    expect(page).toContain('wild, &quot;very&quot;');
    expect(page).not.toContain('Test <b>');
  });

  it('marks the best of each metric by its direction', () => {
    const [first, second] = [...page.matchAll(/<tr class="">(.*?)<\/tr>/gs)].map(([, cells]) => cells!);
    const best = (row: string): string[] => [...row.matchAll(/class="best">\s*([\d.]+)/g)].map(([, value]) => value!);
    expect(best(first!)).toEqual(['25.00', '0.2000', '30.00']);
    expect(best(second!)).toEqual([]);
  });

  it('of one model has no differences, of one metric no scatter', () => {
    const one = evaluationPage(report({ psnr: { a: [1, 2, 3] } }), { sliders: [], crops: [] });
    expect(one).not.toContain('id="differences"');
    expect(one).not.toContain('id="scatter"');
    expect(page).toContain('id="differences"');
    expect(page).toContain('id="scatter"');
  });
});
