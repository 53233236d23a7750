/** @file Report pages: HTML that is put together from parts, every text escaped unless it is HTML already. */

/** HTML text that needs no escaping any more. */
export class Html {
  constructor(readonly text: string) {}
}

/** What can stand in a template: texts and numbers are escaped, lists joined, `undefined` and `false` leave nothing. */
export type Part = Html | string | number | undefined | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(render).join('');
  return String(part).replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Tag of a template whose parts may come from anywhere: html`<b>${name}</b>`. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, index) => text + render(parts[index])).join(''));
}
