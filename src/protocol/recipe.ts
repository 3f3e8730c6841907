import type { SplitConfig } from './data-steps.ts'
import { type DataConfig, defaultRunConfig, type RunConfig } from './run-config.ts'

/** What is trained on what, and how: the same recipe on the same bytes gives the same run. */
export interface Recipe {
  /** Id of a stored data set. */
  dataset: string
  /** Id of a model. */
  model: string
  config: RunConfig
}

/** What rows and examples as text are made from: they hang on no model. */
export type DataRecipe = Omit<Recipe, 'model'>

/** For questions that a model can say more to, where there is one. */
export type OpenRecipe = DataRecipe & Partial<Pick<Recipe, 'model'>>

/** Columns by the part they play. Either prompt+response, or messages, or text. */
export type ColumnRoles = Pick<DataConfig, 'prompt' | 'response' | 'system' | 'messages' | 'text'>

/** How a row becomes an example. What goes beyond columns may be left out. */
export type Mapping = ColumnRoles & Partial<Pick<DataConfig, 'input' | 'template' | 'labels'>>

/** The columns of a run's config as a mapping. */
export function mappingOf(data: DataConfig): Required<Mapping> {
  const { prompt, response, system, messages, text, input, template, labels } = data
  return { prompt, response, system, messages, text, input, template, labels }
}

export const NO_MAPPING = mappingOf(defaultRunConfig().data)

/** How a file is to be read, where there is a choice: of what is left out or null, the reader decides. */
export type ReadOptions = Partial<DataConfig['reading']>

/** What a file has to choose from, by way of reading: the sheets of a workbook. */
export type ReadingOffers = { [Way in keyof ReadOptions]: string[] }

/** What was said of it. */
export type SaidReading = {
  [Way in keyof ReadOptions]: NonNullable<ReadOptions[Way]> | undefined
}

/**
 * Named columns, and for a prompt without a response (or the other way round) the guess for its partner. With steps, only
 * columns that are there beforehand can be guessed.
 */
export function mappingFor(named: Partial<Mapping>, guess: Mapping): Mapping {
  const { prompt, response, system, messages, text, input = null, labels = null } = guess
  const own = Object.fromEntries(
    Object.entries(named).filter(([, value]) => value !== null),
  ) as Partial<Mapping>
  const { labels: words, ...columns } = own
  const extra = words ? { labels: words } : {}
  if (Object.keys(columns).length === 0)
    return { prompt, response, system, messages, text, input, labels, ...extra }
  if (own.text !== undefined) return { ...NO_MAPPING, ...own }
  // A system text belongs to the conversations that it was guessed beside.
  if (own.messages !== undefined)
    return { ...NO_MAPPING, ...(own.messages === messages ? { system } : {}), ...own }
  if (messages !== null && own.system !== undefined && Object.keys(columns).length === 1)
    return { ...NO_MAPPING, messages, ...own }
  // A template says itself what is asked; a prompt that was named goes without the guess's further column.
  if (own.template !== undefined) return { ...NO_MAPPING, response, ...own }
  return { ...NO_MAPPING, prompt, response, ...(own.prompt === undefined ? { input } : {}), ...own }
}

/**
 * How a data set is prepared under a config, the same on the page and on the command line: columns that are not named are guessed, and
 * where the config says nothing of the split, a column that says which rows are for testing is heeded. A config of a run, which
 * names the data's hash, is taken word for word.
 * @param said whether a random split is meant even where a column says more
 */
export function dataFor(
  data: DataConfig,
  { guess, splitGuess }: { guess: Mapping; splitGuess?: SplitConfig },
  named: Partial<Mapping> = mappingOf(data),
  said = data.hash !== null,
): DataConfig {
  const unsaid = !said && data.split.method === 'random'
  return {
    ...data,
    ...NO_MAPPING,
    ...mappingFor(named, guess),
    ...(unsaid && splitGuess ? { split: splitGuess } : {}),
  }
}
