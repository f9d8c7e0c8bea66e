import { defineConfig } from 'vite';

// Two bundles in one folder: the widget is one module that needs nothing beside it, so that any
// page can load it; the demo page's own script, styles and fonts stay out of it. The widget isn't
// built in library mode, which leaves white space in for other bundlers to work on.
export default defineConfig(({ mode }) => ({
  base: './',
  build: {
    target: 'es2023',
    // Browsers that know light-dark(): lowered, it would follow the page and not the widget's theme.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    emptyOutDir: mode === 'widget',
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    ...(mode === 'widget' ? { license: { fileName: 'licences.md' } } : {}),
    rollupOptions: {
      input: mode === 'widget' ? 'src/ask-licensing.ts' : 'page/page.ts',
      output: {
        entryFileNames: '[name].js',
        assetFileNames: ({ names }) => (names[0]?.endsWith('.css') ? 'page.css' : 'fonts/[name][extname]'),
      },
    },
  },
}));
