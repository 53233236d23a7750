/** @file Evaluation: measured numbers, kept on disk one by one, so that an interrupted evaluation goes on where it was. */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** One number of one image. */
export interface Score {
  readonly model: string;
  readonly image: string;
  readonly metric: string;
  readonly value: number;
}

interface StoredScore extends Omit<Score, 'value'> {
  /** As text, since JSON knows no infinity. */
  readonly value: string;
  readonly inputs: string;
}

const keyOf = ({ model, image, metric }: Omit<Score, 'value'>): string => JSON.stringify([model, image, metric]);

/** Short text for files as they are now: changes when the place, size or time of one does. */
export async function fingerprint(files: readonly string[]): Promise<string> {
  const facts = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file);
      return `${path.resolve(file)} ${size} ${mtimeMs}`;
    }),
  );
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 32);
}

/** Numbers by model, image and metric in a file of lines; a later line replaces an earlier one. */
export class ScoreStore {
  private constructor(
    private readonly file: string,
    private readonly known: Map<string, StoredScore>,
  ) {}

  /** Reads what there is; lines that a crash cut short are passed over. */
  static async open(file: string): Promise<ScoreStore> {
    await mkdir(path.dirname(file), { recursive: true });
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    });
    const known = new Map<string, StoredScore>();
    for (const line of text.split('\n')) {
      try {
        const score = JSON.parse(line) as StoredScore;
        known.set(keyOf(score), score);
      } catch {
        continue;
      }
    }
    // A line that was cut short must not swallow the next one.
    if (text !== '' && !text.endsWith('\n')) await appendFile(file, '\n');
    return new ScoreStore(file, known);
  }

  /** The number, if it was measured from just these files. */
  find(of: Omit<Score, 'value'>, inputs: string): number | undefined {
    const stored = this.known.get(keyOf(of));
    return stored?.inputs === inputs ? Number(stored.value) : undefined;
  }

  async add({ value, ...of }: Score, inputs: string): Promise<void> {
    const stored = { ...of, value: String(value), inputs };
    this.known.set(keyOf(of), stored);
    await appendFile(this.file, `${JSON.stringify(stored)}\n`);
  }
}
