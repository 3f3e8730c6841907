/** What the menu "This app" opens, what is seen of a sealed studio, and what of one that was left: one part, so that a first visit is not in more pieces for it. */
export { LeaveDialog } from './LeaveDialog.tsx'
export { Left } from './Left.tsx'
export { SealDialog } from './SealDialog.tsx'
export { SealedElsewhere, SealedMark, SealedNote } from './Sealed.tsx'
