import type { Exporter } from './source.ts'

/** Loads each file of `formats/`, by its path. */
export const FORMAT_FILES = import.meta.glob<Exporter>('./formats/*.ts', { import: 'default' })

/** The text of each file of `checkers/`, likewise. */
export const CHECKER_FILES = import.meta.glob<string>('./checkers/*.py', { import: 'default', query: '?raw' })
