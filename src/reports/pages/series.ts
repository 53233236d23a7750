/** @file Report pages: the colours and the legend of what a page tells apart (models, runs). */
import { html, type Html } from './html.js';
import { SERIES_COLORS } from './style.js';

/** CSS colour of the series with this number. */
export const seriesColor = (index: number): string => `var(--s${index % SERIES_COLORS})`;

/** The dot that marks a series in a legend or table. */
export const seriesDot = (index: number): Html =>
  html`<span class="dot" style="background:${seriesColor(index)}"></span>`;

/** Names with their colours, in order. */
export function legend(names: readonly string[]): Html {
  return html`<ul class="legend">
    ${names.map((name, index) => html`<li>${seriesDot(index)}${name}</li>`)}
  </ul>`;
}
