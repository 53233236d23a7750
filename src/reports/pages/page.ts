/** @file Report pages: one self-contained HTML file of a title and sections; nothing is loaded from elsewhere. */
import { html, Html } from './html.js';
import { STYLE } from './style.js';

/** A part of a page with a heading that the contents link to. */
export interface Section {
  /** For links, unique in the page. */
  readonly id: string;
  readonly heading: string;
  readonly body: Html;
}

export interface Page {
  readonly title: string;
  /** What the page is about, below the title. */
  readonly lead: Html;
  readonly sections: readonly Section[];
  /** Further rules and programs of the parts that are used. */
  readonly styles?: readonly string[];
  readonly scripts?: readonly string[];
}

/** The whole file. Its policy forbids whatever the file does not bring itself. */
export function renderPage({ title, lead, sections, styles = [], scripts = [] }: Page): string {
  const contents = sections.map(({ id, heading }) => html`<a href="#${id}">${heading}</a>`);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
        />
        <title>${title}</title>
        <style>
          ${new Html([STYLE, ...styles].join('\n'))}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        ${lead}
        <nav aria-label="Contents">${contents}</nav>
        ${sections.map(
          ({ id, heading, body }) =>
            html`<section id="${id}">
              <h2>${heading}</h2>
              ${body}
            </section>`,
        )}
        ${scripts.map(
          (script) =>
            html`<script>
              ${new Html(script)};
            </script>`,
        )}
      </body>
    </html>`.text;
}
