/** @file Exit codes and messages of a program, seen from outside: each case is a process of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Arguments for Node to run `body`, the source of a `main` function, inside `runMain`. */
function program(body: string): string[] {
  const source = `
    import { runMain } from './src/cli/run_main.ts';
    import { UserError } from './src/errors/user_error.ts';
    await runMain(async (argv) => { ${body} }, ['first', 'second']);`;
  return ['--import', 'tsx', '--input-type=module', '--eval', source];
}

function run(body: string) {
  return spawnSync(process.execPath, program(body), { cwd: root, encoding: 'utf8' });
}

describe('runMain', () => {
  it('exits with what main answers and passes the arguments', () => {
    const { status, stdout } = run(`console.log(argv.join('+')); return 7;`);
    expect({ status, stdout }).toEqual({ status: 7, stdout: 'first+second\n' });
  });

  it("tells a user's error in one line and exits with 2", () => {
    const { status, stderr } = run(
      `throw new UserError('unknown key', { file: 'a.yaml', key: 'sed', remedy: 'Write seed' });`,
    );
    expect(status).toBe(2);
    expect(stderr).toBe('error: a.yaml: sed: unknown key. Write seed\n');
  });

  it('shows the stack of a bug and exits with 1', () => {
    const { status, stderr } = run(`throw new TypeError('broken');`);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^TypeError: broken\n\s+at /);
  });

  it('ends quietly when nobody reads its output any more', async () => {
    const body = `for (let i = 0; i < 1e5; i++) { console.log('line ' + i); if (i % 1000 === 0) await new Promise(setImmediate); } return 3;`;
    const child = spawn(process.execPath, program(body), { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [status] = (await once(child, 'close')) as [number];
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
