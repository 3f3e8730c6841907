/** Texts of what a run needs that is not in this browser. */
export const needs = {
  'needs.title': 'This run needs {name}',
  'needs.none':
    'Its base model, {name}, is not in this browser. Without it the run cannot go on, answer, or be merged.',
  'needs.other':
    'Its base model, {name}, is not in this browser: what is called {other} here has other weights. Without its own the run cannot go on, answer, or be merged.',
  'needs.download': 'Download it again, or add the same files on the Model page, under any name.',
  'needs.files': 'Add the same files on the Model page, under any name: they are known by their SHA-256.',
  'needs.hash': 'Hash of its files: {hash}',
  'needs.get': 'Download {name} again',
} as const
