import type { Failure } from './errors.ts'

/** How the browser's database can be closed under the page; `blocked`: it cannot be opened at all. */
export type Closed = 'deleted' | 'cleared' | 'newer' | 'blocked'

/** What a worker posts to its page when it happens, `{[STORAGE_CLOSED]: Closed}`, and the event that the page's window hears then. */
export const STORAGE_CLOSED = 'lapidary.storage-closed'

export const CLOSED_FAILURES: Record<Closed, Failure> = {
  deleted: {
    code: 'storage_deleted',
    message: 'What the studio had stored in this browser was deleted while this page was open.',
    hint: 'A run that is going on trains on, and is stored again with its next checkpoint. Add data and models again.',
  },
  cleared: {
    code: 'storage_cleared',
    message:
      "The browser closed the studio's storage while this page was open; its site data may have been cleared.",
    hint: 'A run that is going on trains on, and is stored again with its next checkpoint. See what is still here.',
  },
  newer: {
    code: 'storage_newer',
    message:
      'A newer version of the studio was opened in another tab; this page can no longer store anything.',
    hint: 'Reload this page once no run is going on in it. What was stored before is kept.',
  },
  blocked: {
    code: 'storage_blocked',
    message:
      'This browser lets the studio store nothing: its site data is blocked, or its storage is broken.',
    hint: 'Data, models and runs are kept in this browser alone, so none can be opened or trained until it may store them. Allow site data (cookies) for this address in the settings of the browser, or leave its private window, then try again.',
  },
}
