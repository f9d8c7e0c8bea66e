/** Last step of the build: the fonts' licences beside the fonts, and what the widget weighs. */

import { copyFileSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

for (const font of ['figtree', 'bricolage-grotesque']) {
  copyFileSync(`node_modules/@fontsource-variable/${font}/LICENSE`, `dist/fonts/${font}-LICENSE.txt`);
}
const bundle = readFileSync('dist/ask-licensing.js');
const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1);
console.log(`ask-licensing.js: ${kilobytes(bundle.length)} kB, ${kilobytes(gzipSync(bundle, { level: 9 }).length)} kB gzipped`);
