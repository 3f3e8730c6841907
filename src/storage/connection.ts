import { LapidaryError } from '../protocol/errors.ts'
import { CLOSED_FAILURES, type Closed } from '../protocol/storage-closed.ts'

/**
 * A database can be closed under the page: another tab deletes it, the browser clears what a site stored, a newer studio brings it
 * to a version of its own. What is written or read next finds the database opened again, empty where it was deleted; only a
 * newer one cannot be opened.
 */
interface Connection {
  closed: Closed | null
  /** Set once it is being opened again. */
  next: Promise<object> | null
  reopen: () => Promise<object>
}

const listeners = new Set<(closed: Closed) => void>()

/** Nobody may be asking just then: whoever tells people hears of it here. */
export function onClosed(hear: (closed: Closed) => void): void {
  listeners.add(hear)
}

const connections = new WeakMap<object, Connection>()

/** To be called where the browser does not let it be opened at all. */
export function isBlocked(): void {
  for (const hear of listeners) hear('blocked')
}

/** @param reopen opens the same database once more */
export function watchConnection<Database extends object>(
  database: Database,
  reopen: () => Promise<Database>,
): void {
  connections.set(database, { closed: null, next: null, reopen })
}

/** To be called when a connection was closed and not by whoever holds it. */
export function wasClosed(database: object, closed: Closed): void {
  const connection = connections.get(database)
  if (!connection || connection.closed) return
  connection.closed = closed
  for (const hear of listeners) hear(closed)
}

/**
 * The database as it is now: the one given, or where it was closed, the one that was opened in its place.
 * @throws LapidaryError `storage_*` where it cannot be opened again
 */
export async function living<Database extends object>(database: Database): Promise<Database> {
  const connection = connections.get(database)
  if (!connection?.closed) return database
  connection.next ??= connection.reopen().catch((error: unknown): never => {
    // The next one may have more luck.
    connection.next = null
    throw connection.closed === 'newer' ? closedError('newer') : error
  })
  return living((await connection.next) as Database)
}

/** For work in several transactions, which would be torn apart. @throws LapidaryError `storage_*` where it is not the same any more */
export function requireSame(database: object): void {
  const closed = connections.get(database)?.closed
  if (closed) throw closedError(closed)
}

/** What a transaction ended with; where its database was closed meanwhile, that. */
export async function explained(database: object, error: unknown): Promise<unknown> {
  if (!(error instanceof DOMException && /^(AbortError|InvalidStateError)$/.test(error.name))) return error
  // Transactions are ended first, and then the closing is told.
  await new Promise((resolve) => setTimeout(resolve))
  const closed = connections.get(database)?.closed
  return closed ? closedError(closed) : error
}

export function closedError(closed: Closed): LapidaryError {
  return new LapidaryError(CLOSED_FAILURES[closed])
}
