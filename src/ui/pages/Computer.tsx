/** What the menu "This app" opens, and what is seen once a computer was left: one part, so that a first visit is not in more pieces for it. */
export { LeaveDialog } from './LeaveDialog.tsx'
export { Left } from './Left.tsx'
export { SealDialog } from './SealDialog.tsx'
