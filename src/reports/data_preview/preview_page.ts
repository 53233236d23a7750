/** @file A preview as a self-contained HTML page: every pair large, with its draws as a table. */
import sharp from 'sharp';
import type { GridImage } from '../../images/canvas.js';
import { CHANNELS, toRgb8 } from '../../images/pixels.js';
import { html, type Html } from '../pages/html.js';
import { renderPage } from '../pages/page.js';
import type { Preview, PreviewPair } from './preview_pairs.js';

const STYLE = `
.pair { display: flex; flex-wrap: wrap; gap: .8rem; margin: 0 0 2rem; }
.pair figure { margin: 0; }
.pair > div { flex: 1 1 16rem; min-width: 0; }
.pair img { width: min(44vw, 256px); height: auto; image-rendering: pixelated; display: block; }
.pair table { font-size: .85rem; align-self: start; }
`;

async function pictureUri({ data, height, width }: GridImage): Promise<string> {
  const unit = Float32Array.from(data, (value) => (value + 1) / 2);
  const rgb = toRgb8({ height, width, data: unit });
  const png = await sharp(rgb.data, { raw: { height, width, channels: CHANNELS } })
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}

async function figure(label: string, image: GridImage): Promise<Html> {
  const uri = await pictureUri(image);
  return html`<figure>
    <img src="${uri}" alt="${label}" width="${image.width}" height="${image.height}" />
    <figcaption>${label}, ${image.width}x${image.height}</figcaption>
  </figure>`;
}

async function pairSection({ file, hr, lq, drawn }: PreviewPair): Promise<Html> {
  const pictures = [await figure('HR', hr), await figure('LQ', lq)];
  const rows = Object.entries(drawn).map(
    ([name, value]) =>
      html`<tr>
        <td>${name}</td>
        <td class="text">${value}</td>
      </tr>`,
  );
  return html`<div class="pair">
    ${pictures}
    <div>
      <code>${file}</code>
      <table>
        ${rows}
      </table>
    </div>
  </div>`;
}

/** What the page is about. */
export interface PreviewTitle {
  /** Run file. */
  readonly run: string;
  readonly degradation: string;
}

/** The page's HTML. */
export async function previewPage({ pairs, failures }: Preview, { run, degradation }: PreviewTitle): Promise<string> {
  const bodies: Html[] = [];
  for (const pair of pairs) bodies.push(await pairSection(pair));
  const sections = [{ id: 'pairs', heading: `${pairs.length} pairs`, body: html`${bodies}` }];
  const failed = failures.map(({ file, reason }) => html`<li><code>${file}</code>: ${reason}</li>`);
  if (failures.length > 0) {
    const heading = 'Photos that could not be read';
    sections.push({
      id: 'failures',
      heading,
      body: html`<ul>
        ${failed}
      </ul>`,
    });
  }
  const lead = html`<p class="soft">
    The first training pairs of ${run}, degradation ${degradation}. LQ is shown enlarged without smoothing. docs/data.md
    and docs/degradation.md say what is drawn.
  </p>`;
  return renderPage({ title: 'Training pairs', lead, sections, styles: [STYLE] });
}
