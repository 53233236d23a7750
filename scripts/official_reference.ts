/**
 * @file Writes docs/official-configs.md, what becomes of every key of an official file, from the rules in
 * src/config/official: `npx tsx scripts/official_reference.ts`.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import type { Rule } from '../src/config/official/rule.js';
import { OFFICIAL_RULES } from '../src/config/official/translate.js';

const TARGET = fileURLToPath(new URL('../docs/official-configs.md', import.meta.url));

const INTRODUCTION = `# Official YAML files

This page says what becomes of each key of \`RSD.yaml\`, \`SinSR.yaml\`, \`realsr_swinunet_realesrgan256.yaml\` and other files
of that family when they are given to \`rsd-train --config\` or \`rsd-infer --config\`.

It is made from the rules in \`src/config/official\` by \`npx tsx scripts/official_reference.ts\`; edit the rules, not this page.

    npx rsd-train --config RSD.yaml --print-config      # every key's fate, then the run in our keys; nothing is started
    npx rsd-train --config RSD.yaml --set train.batch=16 --out runs/rsd
    npx rsd-infer --config SinSR.yaml --weights SinSR_v1.pth --input photos --output restored

- A file is official when its sections name classes (\`model.target\`, \`diffusion.target\`, \`autoencoder.target\`). Its name
  does not matter.
- \`--set\` takes **our** keys ([config.md](config.md)) and wins over the file.
- \`configs/realsr.yaml\` is RSD.yaml in our keys; a test holds the two to the same run.
- What \`--print-config\` prints is a run file of ours that gives the same run.
- \`rsd-train\` logs the number of keys of each fate, and a warning for everything that is not supported and changes what
  training gives. \`rsd-infer\` reads only \`model.target\`, \`model.params\`, \`diffusion\` and \`autoencoder\`.

## Which method

| the file has                                                                                                | method     | can be trained                                                                                    |
| ----------------------------------------------------------------------------------------------------------- | ---------- | ------------------------------------------------------------------------------------------------- |
| one of \`train.n_fake_loop\`, \`train.sid_normalization\`, \`model.add_noise\`, \`model.gan_loss\`, \`model.target_gan\` | \`rsd\`      | yes                                                                                               |
| else one of \`model.teacher_ckpt_path\`, \`train.learn_xT\`, \`train.finetune_use_gt\`                          | \`sinsr\`    | yes |
| else                                                                                                        | \`resshift\` | yes                                                                                               |

| task                                  | training                                   | restoring                                                               |
| ------------------------------------- | ------------------------------------------ | ----------------------------------------------------------------------- |
| real-world x4, 15 steps               | yes                                        | yes                                                                     |
| real-world x4 and x2, 4 steps         | the same, and without the release's LPIPS term | yes                                                                 |
| bicubic x4                            | yes, without the release's LPIPS term      | yes                                                                     |
| faces                                 | no: an error (\`data.train.type\`)           | the networks are described (8-channel latents); not tried with an image |
| inpainting                            | no: an error (\`model.params.cond_mask\`)    | no: the same error                                                      |

Parameters, shapes and schedules that follow from these files are held to the golden manifests of the releases' networks and
to their schedule tables. The official weights themselves were not at hand.

## Not supported

An official file is refused, with file, line, key, what was expected and what was found (exit code 2), for: a class
(\`target\`) other than the supported ones; a switch of something that is not there (see the tables: "anything but ... is an
error"); a missing key that networks or training need; an unknown key that resembles a known one (with a suggestion) or
stands in \`*.params\` of \`model\`, \`diffusion\` or \`autoencoder\`. Other unknown keys are left out with a warning that names them.

Files are read as YAML 1.1, as the original programs do (\`yes\` is true). Interpolations (\`\${...}\`), missing values
(\`???\`), keys given twice and tags of Python objects are errors that name the line.

## Files it names

Relative paths of weights, photos and lists are looked up in the working directory, beside the YAML file, then in the folder
above it (the releases keep \`configs/\` beside \`weights/\`). When a file is missing, the error lists these folders.

## Keys

"Here" is our key, or why there is none. A key that a file leaves out keeps our default unless the last column says
otherwise.
`;

/** Sections of the page: official keys that begin with one of the prefixes. */
const SECTIONS: readonly [title: string, belongs: RegExp][] = [
  ['model', /^model\./],
  ['diffusion', /^diffusion\./],
  ['autoencoder', /^autoencoder\./],
  ['degradation', /^degradation\./],
  ['data', /^data\./],
  ['train', /^train\./],
  ['Others', /^(?:trainer\.|[^.]+$)/],
];

function leftOut({ absent }: Rule): string {
  if (absent === undefined) return '';
  return absent === 'required' ? 'an error' : `\`${JSON.stringify(absent.value)}\``;
}

function table(rules: readonly Rule[]): string {
  const rows = rules.map(
    (rule) => `| \`${rule.key}${rule.subtree ? '.*' : ''}\` | ${rule.page.replaceAll('|', '\\|')} | ${leftOut(rule)} |`,
  );
  return ['| official key | here | left out |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The page as prettier formats it. */
export async function officialReference(): Promise<string> {
  const tables = SECTIONS.map(([title, belongs]) => {
    const heading = title === 'Others' ? title : `\`${title}\``;
    return `### ${heading}\n\n${table(OFFICIAL_RULES.filter(({ key }) => belongs.test(key)))}`;
  });
  return format([INTRODUCTION, ...tables].join('\n\n'), { ...(await resolveConfig(TARGET)), parser: 'markdown' });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(TARGET, await officialReference());
