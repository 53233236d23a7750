/** @file Signals end a training after its step, with the codes that shells expect. */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { Shutdown } from '../../src/training/shutdown.js';
import { nextLine, startProgram } from './child_process.js';

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s lets the step end and exits with %i', async (signal, code) => {
  const program = startProgram('train_until_stopped');
  expect(await nextLine(program)).toBe('ready');
  program.child.kill(signal);
  expect(await nextLine(program)).toBe(`received ${signal}`);
  expect(await nextLine(program)).toBe('saved');
  expect(await program.ended).toBe(code);
});

test('a second SIGINT within the step exits at once', async () => {
  const program = startProgram('train_until_stopped');
  const lines: string[] = [];
  program.lines.on('line', (line) => lines.push(line));
  await nextLine(program);
  program.child.kill('SIGINT');
  await nextLine(program);
  await sleep(400);
  program.child.kill('SIGINT');
  expect(await program.ended).toBe(130);
  expect(lines).toEqual(['ready', 'received SIGINT']);
});

function fakeProcess() {
  return Object.assign(new EventEmitter(), { exit: vi.fn() });
}

test('the same Ctrl-C from two senders, or a repeated SIGTERM, is one request', () => {
  const target = fakeProcess();
  const onRequest = vi.fn();
  const shutdown = new Shutdown(onRequest, target);
  expect([shutdown.requested, shutdown.exitCode]).toEqual([false, undefined]);
  target.emit('SIGINT');
  target.emit('SIGINT');
  target.emit('SIGTERM');
  expect([shutdown.requested, shutdown.exitCode]).toEqual([true, 130]);
  expect(onRequest.mock.calls).toEqual([['SIGINT']]);
  expect(target.exit).not.toHaveBeenCalled();
});

test('listens to nothing after dispose', () => {
  const target = fakeProcess();
  const shutdown = new Shutdown(undefined, target);
  expect(target.listenerCount('SIGINT') + target.listenerCount('SIGTERM')).toBe(2);
  shutdown.dispose();
  expect(target.listenerCount('SIGINT') + target.listenerCount('SIGTERM')).toBe(0);
});
