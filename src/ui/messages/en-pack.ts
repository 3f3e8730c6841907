/** Texts of class packs in the menu; the rest is `en-lesson.ts`. */
export const pack = {
  'pack.menu': 'For a class',
  'pack.make': 'Make a class pack …',
  'pack.open': 'Open a class pack …',
  'pack.ready': 'A ready lesson: which mood?',
  'pack.showLesson': 'Show the lesson',
  'pack.leave': 'Leave the lesson',
  'pack.again': 'Begin the lesson here again',
  'pack.notKept': 'This browser keeps nothing for this address, so it cannot keep a lesson.',
  'pack.notKeptHint':
    'Allow the page its site data, or use a window that is not private. Then open it again.',
  'hand.open': 'Hand in',
  'handed.open': 'Handed-in runs …',
} as const
