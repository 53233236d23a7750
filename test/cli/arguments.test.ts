/** @file Strict parsing: unknown options are refused with a suggestion, help does not run the program. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createParser, parseArguments } from '../../src/cli/arguments.js';
import { logArguments } from '../../src/cli/log.js';

function parser() {
  return createParser('rsd-demo', '$0 [options]').options({
    ...logArguments,
    config: { type: 'string', demandOption: true, describe: 'run file' },
    'batch-size': { type: 'number', default: 1 },
  });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('parseArguments', () => {
  it('answers typed options', async () => {
    const options = await parseArguments(parser(), ['--config', 'a.yaml', '--batch-size=4']);
    expect(options).toMatchObject({ config: 'a.yaml', 'batch-size': 4, 'log-format': 'auto' });
  });

  it('names every unknown option, with the option that was meant', async () => {
    const parsing = parseArguments(parser(), ['--config', 'a', 'stray', '--batch-sise', '2', '-q']);
    await expect(parsing).rejects.toMatchObject({ name: 'UserError' });
    await expect(parsing).rejects.toThrow('unknown option --batch-sise (did you mean --batch-size?)');
    await expect(parsing).rejects.toThrow('unknown option -q');
    await expect(parsing).rejects.toThrow('unexpected argument stray');
  });

  it('refuses a missing option and a value outside the choices', async () => {
    await expect(parseArguments(parser(), [])).rejects.toThrow('Missing required argument: config');
    await expect(parseArguments(parser(), ['--config', 'a', '--log-format', 'xml'])).rejects.toThrow(
      'Given: "xml", Choices: "auto", "human", "json"',
    );
  });

  it('prints help and answers undefined', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(await parseArguments(parser(), ['--help'])).toBeUndefined();
    expect(write.mock.calls.join('')).toContain('--batch-size');
  });
});
