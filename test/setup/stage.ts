/** @file A stage for set-up tests: a tiny real TensorFlow look-alike in a wheel, a package to install into, a fake pip. */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, vi } from 'vitest';
import type { Recipe } from '../../src/setup/recipe.js';

const VERSION = '9.8.7';

const LIBRARY_SOURCE = `extern "C" const char* TF_Version() { return "${VERSION}"; }\n`;

const BINDING_SOURCE = `
#include <node_api.h>
#include "tensorflow/c/c_api.h"
static napi_value init(napi_env env, napi_value exports) {
  napi_value version;
  napi_create_string_utf8(env, TF_Version(), NAPI_AUTO_LENGTH, &version);
  napi_set_named_property(env, exports, "TF_Version", version);
  return exports;
}
NAPI_MODULE(tfjs_binding, init)
`;

/** pip by shell: `download` copies the wheel unless told to fail; everything else is the real Python's. */
const FAKE_PYTHON = `#!/bin/sh
case "$*" in
  *"pip download"*)
    echo download >> "$STAGE/downloads"
    [ -f "$STAGE/hang" ] && sleep 60
    if [ -f "$STAGE/offline" ]; then
      echo "WARNING: Retrying after connection broken by 'NewConnectionError('<pip._vendor.X object>: no name resolution')': /simple" >&2
      echo "ERROR: No matching distribution found for tensorflow-demo" >&2
      exit 1
    fi
    for last; do :; done
    cp "$DEMO_WHEEL" "$last/" ;;
  *"pip --version"*)
    if [ -f "$STAGE/no-pip" ]; then echo "No module named pip" >&2; exit 1; fi
    echo "pip 99 from here" ;;
  *) exec "$REAL_PYTHON" "$@" ;;
esac
`;

const ZIP = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    for rule in sys.argv[2:]:
        name, file = rule.split("=", 1)
        archive.write(file, name)
`;

/** Builds the wheel in `folder`; answers its file. */
function buildWheel(folder: string): string {
  const source = join(folder, 'library.cc');
  const header = join(folder, 'c_api.h');
  writeFileSync(source, LIBRARY_SOURCE);
  writeFileSync(header, 'extern "C" const char* TF_Version();\n');
  const names = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
  const members = names.map((name) => {
    const file = join(folder, name);
    execFileSync('g++', ['-shared', '-fPIC', `-Wl,-soname,${name}`, source, '-o', file]);
    return `tensorflow/${name}=${file}`;
  });
  const wheel = join(folder, 'demo.whl');
  const headers = ['c/c_api.h', 'core/unneeded.h'].map((name) => `tensorflow/include/tensorflow/${name}=${header}`);
  const nvidia = `nvidia/cublas/lib/libcublas.so.12=${header}`;
  execFileSync('python3', ['-c', ZIP, wheel, ...members, ...headers, nvidia, `tensorflow/__init__.py=${header}`]);
  return wheel;
}

/** One for all tests of a file. */
const wheel = buildWheel(sharedFolder());
const realPython = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();

function sharedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rsd-wheel-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function which(program: string): string {
  return execFileSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
}

/** One test's world. Everything is in a temporary folder; `remove` takes it away. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'rsd-stage-'));
  readonly packageDir = this.makePackage('package');
  readonly cacheDir = join(this.folder, 'cache');
  readonly lines: string[] = [];
  readonly recipe: Recipe;

  constructor() {
    const sha256 = createHash('sha256').update(readFileSync(wheel)).digest('hex');
    this.recipe = {
      variant: 'cpu',
      version: VERSION,
      wheels: [{ name: 'tensorflow-demo', version: VERSION, sha256 }],
      downloadBytes: 1e6,
      installedBytes: 1e6,
    };
    const programs = join(this.folder, 'bin');
    mkdirSync(programs);
    vi.stubEnv('STAGE', this.folder);
    vi.stubEnv('REAL_PYTHON', realPython);
    vi.stubEnv('DEMO_WHEEL', wheel);
    vi.stubEnv('PYTHON', '');
    vi.stubEnv('CXX', '');
    vi.stubEnv('PATH', [programs, process.env['PATH']].join(delimiter));
    writeFileSync(join(programs, 'python3'), FAKE_PYTHON);
    chmodSync(join(programs, 'python3'), 0o755);
  }

  /** Options of `setUp` for this stage. */
  get options() {
    const { recipe, packageDir, cacheDir, lines } = this;
    return { recipe, packageDir, cacheDir, accept: () => true, log: (line: string) => void lines.push(line) };
  }

  /** Folder of the downloads in the cache. */
  get wheelDir(): string {
    return join(this.cacheDir, 'wheels');
  }

  /** How often pip was asked to download. */
  get downloads(): number {
    const log = join(this.folder, 'downloads');
    return existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0;
  }

  /** A package folder as npm leaves it. */
  makePackage(name: string, source = BINDING_SOURCE): string {
    const folder = join(this.folder, name);
    mkdirSync(join(folder, 'binding'), { recursive: true });
    writeFileSync(join(folder, 'binding', 'demo.cc'), source);
    return folder;
  }

  /** Makes the fake pip misbehave from now on, or behave again. */
  set(mode: 'offline' | 'no-pip' | 'hang', on = true): void {
    const flag = join(this.folder, mode);
    if (on) writeFileSync(flag, '');
    else rmSync(flag, { force: true });
  }

  /** Leaves only these programs on the search path. */
  keepOnly(...programs: string[]): void {
    const folder = mkdtempSync(join(this.folder, 'only-'));
    for (const program of [...programs, 'cp', 'sh']) symlinkSync(which(program), join(folder, program));
    vi.stubEnv('PATH', folder);
  }

  remove(): void {
    vi.unstubAllEnvs();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
