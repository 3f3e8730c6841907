/**
 * What the runs' room loads when it is first asked for: files of runs, adapters from files, data that is prepared again. One module,
 * so that what it shares with the room is not cut into ever smaller ones that a visit begins with.
 */
export { readRunFile } from '../export/run-file-reader.ts'
export { openAdapterFiles } from './adapter-opening.ts'
export { tokensOfRun } from './run-data.ts'
export { openRun, saveRun } from './run-file.ts'
