/** @file The JSON of a safetensors header, as narrow as the format: no duplicate keys, whole numbers only, no deep nesting. */

const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
/** Structure, white space and whole numbers without sign, fraction or exponent: all the format has outside of strings. */
const STRUCTURE = /[\s{}[\]:,0-9]{1,4096}/y;
/** Header, tensor, list. */
const MAX_DEPTH = 3;

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Refuses what no safetensors header has, before anything is built from it: a few bytes must not become a deep tree. */
function checkCharacters(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length;) {
    const piece = text[i] === '"' ? matchAt(STRING, text, i) : matchAt(STRUCTURE, text, i);
    if (piece === undefined) throw new SyntaxError(`unexpected ${JSON.stringify(text[i])} at character ${i}`);
    if (!piece.startsWith('"')) {
      for (const character of piece) {
        if (character === '{' || character === '[') depth++;
        else if (character === '}' || character === ']') depth--;
        if (depth > MAX_DEPTH) throw new SyntaxError('nested too deeply');
      }
    }
    i += piece.length;
  }
}

/** Refuses an object with the same key twice, which `JSON.parse` silently resolves to the last one. */
function checkKeys(validJson: string): void {
  // A string followed by a colon is a key of the innermost open object.
  const open: Set<string>[] = [];
  for (let i = 0; i < validJson.length;) {
    const character = validJson[i]!;
    if (character !== '"') {
      if (character === '{') open.push(new Set());
      else if (character === '}') open.pop();
      i++;
      continue;
    }
    const literal = matchAt(STRING, validJson, i)!;
    i += literal.length;
    while (/\s/.test(validJson[i] ?? '')) i++;
    if (validJson[i] !== ':') continue;
    const key = JSON.parse(literal) as string;
    const keys = open.at(-1)!;
    if (keys.has(key)) throw new SyntaxError(`duplicate key ${literal}`);
    keys.add(key);
  }
}

/**
 * Parses a safetensors header.
 * @throws SyntaxError on invalid JSON, and on JSON that the format does not allow.
 */
export function parseHeaderJson(text: string): unknown {
  checkCharacters(text);
  const value: unknown = JSON.parse(text);
  checkKeys(text);
  return value;
}
