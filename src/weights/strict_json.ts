/** @file JSON parsing that refuses duplicate keys, which `JSON.parse` silently resolves to the last one. */

const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/y;

/**
 * Parses JSON.
 * @throws SyntaxError on invalid JSON or on an object with the same key twice.
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // The text is valid JSON from here on: a string followed by a colon is a key of the innermost open object.
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length;) {
    const character = text[i]!;
    if (character !== '"') {
      if (character === '{') open.push(new Set());
      else if (character === '}') open.pop();
      i++;
      continue;
    }
    STRING.lastIndex = i;
    const literal = STRING.exec(text)![0];
    i += literal.length;
    while (/\s/.test(text[i] ?? '')) i++;
    if (text[i] !== ':') continue;
    const key = JSON.parse(literal) as string;
    const keys = open.at(-1)!;
    if (keys.has(key)) throw new SyntaxError(`duplicate key ${literal}`);
    keys.add(key);
  }
  return value;
}
