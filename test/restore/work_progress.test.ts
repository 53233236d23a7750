import { expect, it } from 'vitest';
import { WorkProgress } from '../../src/restore/work_progress.js';

it('weighs images by their work', () => {
  let now = 100;
  const progress = new WorkProgress([10, 30, 60], () => now);
  expect([progress.percent, progress.secondsLeft]).toEqual([0, undefined]);
  now += 5;
  progress.advance(0.5);
  expect([progress.percent, progress.secondsLeft]).toEqual([5, 95]);
  now += 5;
  progress.next('restored');
  expect([progress.percent, progress.secondsLeft]).toEqual([10, 90]);
});

it('leaves failed images out of the account', () => {
  let now = 0;
  const progress = new WorkProgress([10, 90, 10], () => now);
  now = 4;
  progress.next('restored');
  progress.next('failed');
  expect([progress.percent, progress.secondsLeft]).toEqual([50, 4]);
  progress.next('restored');
  expect([progress.percent, progress.secondsLeft]).toEqual([100, 0]);
});

it('ends at 100 % where nothing could be done', () => {
  const progress = new WorkProgress([0], () => 0);
  progress.next('failed');
  expect([progress.percent, progress.secondsLeft]).toEqual([100, undefined]);
});
