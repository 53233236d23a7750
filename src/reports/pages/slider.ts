/** @file Report pages: versions of one picture laid over each other, with a line to drag between two of them. */
import { html, type Html } from './html.js';

/** One version of the picture. */
export interface Version {
  readonly name: string;
  /** Data URI; all versions of a picture have the same shape. */
  readonly uri: string;
  /** Beside its name, e.g. its numbers. */
  readonly caption?: string;
}

/** Versions with the two that are seen at first. */
export interface SliderOptions {
  /** Of the picture, e.g. its file. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly versions: readonly Version[];
  readonly left: number;
  readonly right: number;
}

export const SLIDER_STYLE = `
.slider { margin: 0 0 1.6rem; max-width: 46rem; }
.slider .controls { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .4rem 1rem; margin: .3rem 0; font-size: .9rem; }
.slider select { font: inherit; max-width: 100%; color: var(--ink); background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: .2rem; }
.layers { position: relative; overflow: hidden; border-radius: 6px; background: var(--panel); }
.layer { position: absolute; inset: 0; margin: 0; visibility: hidden; }
.layer img { display: block; width: 100%; height: 100%; }
.layer figcaption { position: absolute; bottom: .4rem; padding: .1rem .45rem; border-radius: 4px; background: #000a; color: #fff; font-size: .75rem; max-width: 48%; }
.layer.right { visibility: visible; }
.layer.right figcaption { right: .4rem; }
.layer.left { visibility: visible; z-index: 1; clip-path: inset(0 calc(100% - var(--cut)) 0 0); }
.layer.left figcaption { left: .4rem; right: auto; }
.layers .cut { position: absolute; z-index: 2; top: 0; bottom: 0; left: var(--cut); width: 2px; margin-left: -1px; background: #fff; box-shadow: 0 0 3px #000; pointer-events: none; }
.layers .cut::after { content: "\\2194"; position: absolute; top: 50%; left: 1px; width: 2rem; height: 2rem; margin: -1rem 0 0 -1rem; border-radius: 50%; background: #fff; color: #222; text-align: center; line-height: 2rem; box-shadow: 0 0 3px #000; }
.layers input { position: absolute; z-index: 3; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize; touch-action: pan-y; appearance: none; -webkit-appearance: none; }
.layers:focus-within { outline: 3px solid var(--accent); outline-offset: 2px; }
@media print {
  .slider { max-width: none; }
  .slider .controls { display: none; }
  .layers { display: grid; grid-template-columns: repeat(auto-fill, minmax(40mm, 1fr)); gap: 2mm; aspect-ratio: auto !important; overflow: visible; background: none; }
  .layer, .layer.left, .layer.right { position: static; visibility: visible; clip-path: none; break-inside: avoid; }
  .layer img { height: auto; }
  .layer figcaption { position: static; max-width: none; padding: 0; background: none; color: #000; }
  .layers .cut, .layers input { display: none; }
}
`;

export const SLIDER_SCRIPT = `
for (const slider of document.querySelectorAll('.slider')) {
  const layers = [...slider.querySelectorAll('.layer')];
  const [left, right] = slider.querySelectorAll('select');
  const range = slider.querySelector('input');
  const choose = () => layers.forEach((layer, index) => {
    layer.classList.toggle('left', index === Number(left.value));
    layer.classList.toggle('right', index === Number(right.value));
  });
  left.addEventListener('change', choose);
  right.addEventListener('change', choose);
  range.addEventListener('input', () => slider.style.setProperty('--cut', range.value + '%'));
}
`;

/** The picture; needs {@link SLIDER_STYLE} and {@link SLIDER_SCRIPT}. On paper all versions stand side by side. */
export function slider({ name, width, height, versions, left, right }: SliderOptions): Html {
  const choice = (side: string, chosen: number): Html => {
    const options = versions.map(({ name: version }, index) =>
      index === chosen
        ? html`<option value="${index}" selected>${version}</option>`
        : html`<option value="${index}">${version}</option>`,
    );
    return html`<label
      >${side}
      <select>
        ${options}
      </select></label
    >`;
  };
  const layers = versions.map(({ name: version, uri, caption }, index) => {
    const classes = ['layer', index === left ? 'left' : '', index === right ? 'right' : ''].join(' ').trim();
    return html`<figure class="${classes}">
      <img src="${uri}" width="${width}" height="${height}" alt="${name}, ${version}" />
      <figcaption>${version}${caption ? `: ${caption}` : ''}</figcaption>
    </figure>`;
  });
  return html`<div class="slider" style="--cut:50%">
    <div class="controls">${choice('Left', left)}${choice('Right', right)}</div>
    <div class="layers" style="aspect-ratio:${width}/${height}">
      ${layers}
      <div class="cut"></div>
      <input
        type="range"
        min="0"
        max="100"
        step="0.5"
        value="50"
        aria-label="How much of the left version of ${name} is seen"
      />
    </div>
  </div>`;
}
