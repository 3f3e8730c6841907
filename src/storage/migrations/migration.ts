import type { IDBPDatabase, IDBPTransaction } from 'idb'

/** The database while its version changes: values are plain objects, as the version before wrote them. */
export type OldDatabase = IDBPDatabase<unknown>
export type VersionChange = IDBPTransaction<unknown, string[], 'versionchange'>
/** Takes a database from one version to the next. It must await its requests and nothing else: the transaction would end. */
export type Migration = (database: OldDatabase, change: VersionChange) => Promise<void>
