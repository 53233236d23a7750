/** @file The published protocols: their metrics exist, their tables have a number for each. */
import { describe, expect, it } from 'vitest';
import { metricNames } from '../../src/evaluation/chosen_metrics.js';
import { PROTOCOL_DATASETS, PROTOCOLS, protocolDataset, RELEASE_RESTORING } from '../../src/evaluation/protocols.js';

const all = PROTOCOLS.flatMap((protocol) =>
  Object.entries(PROTOCOL_DATASETS[protocol]).map(([name, dataset]) => [`${protocol} ${name}`, dataset] as const),
);

describe.each(all)('%s', (_, { metrics, published, hasOriginals }) => {
  it('measures what the package can measure', () => {
    for (const metric of metrics) expect(metricNames()).toContain(metric);
    expect(metrics.includes('psnr')).toBe(hasOriginals);
  });

  it('has a published number of every metric for every method, RSD and its teacher among them', () => {
    for (const { values } of published.rows) expect(Object.keys(values).sort()).toEqual([...metrics].sort());
    expect(published.rows.map(({ method }) => method)).toEqual(expect.arrayContaining(['RSD', 'SinSR', 'ResShift']));
  });
});

it('numbers are those of the paper: some from each table', () => {
  const value = (protocol: 'sinsr' | 'osediff', dataset: string, method: string, metric: string): number | undefined =>
    protocolDataset(protocol, dataset).published.rows.find((row) => row.method === method)?.values[metric];
  expect(value('sinsr', 'RealSR', 'RSD', 'lpips-alex')).toBe(0.273);
  expect(value('sinsr', 'RealSet65', 'OSEDiff', 'musiq-koniq')).toBe(68.853);
  expect(value('sinsr', 'ImageNet-Test', 'RSD', 'fid')).toBe(25.46);
  expect(value('osediff', 'DIV2K-Val', 'RSD', 'dists')).toBe(0.194);
  expect(value('osediff', 'DRealSR', 'SinSR', 'fid')).toBe(170.57);
  expect(value('osediff', 'RealSR', 'ResShift', 'niqe')).toBe(7.2365);
});

it('restores with tiles of 512 and a stride of 448', () => {
  expect(RELEASE_RESTORING.tile - RELEASE_RESTORING.overlap).toBe(448);
});

it('names the datasets when one is missing or unknown', () => {
  expect(() => protocolDataset('osediff', undefined)).toThrow(/--dataset.*DIV2K-Val.*DRealSR.*RealSR.*found none/);
  expect(() => protocolDataset('osediff', 'DRealsSR')).toThrow(/Did you mean DRealSR/);
  expect(protocolDataset('sinsr', 'realset65').name).toBe('RealSet65');
});
