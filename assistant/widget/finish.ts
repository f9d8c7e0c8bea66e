/**
 * Last step of the build: the fonts' licences beside the fonts, the library that the support
 * console's pages use, and what the widget weighs.
 */

import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

for (const font of ['figtree', 'bricolage-grotesque']) {
  copyFileSync(`node_modules/@fontsource-variable/${font}/LICENSE`, `dist/fonts/${font}-LICENSE.txt`);
}
mkdirSync('dist/console', { recursive: true });
copyFileSync('node_modules/htmx.org/dist/htmx.min.js', 'dist/console/htmx.min.js');
copyFileSync('node_modules/htmx.org/LICENSE', 'dist/console/htmx-LICENSE.txt');
const bundle = readFileSync('dist/ask-licensing.js');
const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1);
console.log(`ask-licensing.js: ${kilobytes(bundle.length)} kB, ${kilobytes(gzipSync(bundle, { level: 9 }).length)} kB gzipped`);
