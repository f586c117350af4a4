/** Budgets of what a page downloads, minified and gzipped. */
export default [
  {
    name: 'browser: createAnalytics, the codec loading later',
    path: 'packages/browser/dist/index.js',
    import: '{ createAnalytics }',
    ignore: ['fflate'],
    gzip: true,
    limit: '8.6 kB',
  },
  {
    name: 'browser: script for <script> tags, everything in it',
    path: 'packages/browser/dist/script.global.js',
    gzip: true,
    limit: '12.5 kB',
  },
  {
    name: 'react: provider and hooks, without the tracker',
    path: 'packages/react/dist/index.js',
    ignore: ['react', '@analytics/browser'],
    gzip: true,
    limit: '2 kB',
  },
]
