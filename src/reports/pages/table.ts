/** @file Report pages: tables that scroll sideways on narrow screens. */
import { html, type Html, type Part } from './html.js';

/** A cell: its content, and how it looks. */
export interface Cell {
  readonly content: Part;
  /** `best`: stands out; `text`: runs to the left and breaks. */
  readonly kind?: 'best' | 'text';
}

export interface Row {
  readonly cells: readonly Cell[];
  /** Numbers of others, set off from our own. */
  readonly published?: boolean;
}

/** A table; the first column stays in view. */
export function table(headings: readonly Cell[], rows: readonly Row[]): Html {
  const cell = (tag: 'td' | 'th', { content, kind }: Cell): Html =>
    tag === 'th' ? html`<th class="${kind}">${content}</th>` : html`<td class="${kind}">${content}</td>`;
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${headings.map((heading) => cell('th', heading))}
        </tr>
      </thead>
      <tbody>
        ${rows.map(({ cells, published }) => {
          const content = cells.map((entry) => cell('td', entry));
          return html`<tr class="${published && 'published'}">
            ${content}
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}
