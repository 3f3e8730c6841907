/** The forms behind the buttons of OtherWays.tsx, as one part of the page. */
export { HubDialog } from './FromHub.tsx'
export { LinkDialog } from './FromLink.tsx'
export { PasteDialog, TypeDialog } from './OwnTable.tsx'
