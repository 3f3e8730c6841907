import type { SplitConfig } from '../data-steps.ts'
import type {
  ColumnStats,
  DataFormat,
  ExampleText,
  Finding,
  Generate,
  Guess,
  PreparedInfo,
  RowEdit,
  StepsReport,
  SynthesisInfo,
  SynthesisProgress,
  SynthesisWish,
  TokenisedSample,
} from '../preparation.ts'
import type { DataRecipe, OpenRecipe, ReadingOffers, ReadOptions, Recipe } from '../recipe.ts'
import type { Split } from '../tokens.ts'
import type { Call, Page, RowsPage } from './call.ts'
import type { ExportedFile } from './exports.ts'

/** Data sets: where they come from, what is in them, and what a model would see of them. */
export interface DataRoom {
  /** Bundled sample data sets, without reading them. */
  samples(call?: Call): Promise<SampleInfo[]>
  openSample(id: string, call?: Call): Promise<DatasetInfo>
  /** `openFiles` of one file. */
  openFile(file: File, call?: Call<DatasetPreview>): Promise<DatasetInfo>
  /**
   * Reads files of rows into one stored data set: CSV, TSV, JSON, JSON lines, Parquet, Arrow, Feather, Excel or text, in
   * gzip or ZIP or not; several files of the same columns, or a folder. `onPreview` hears of the first rows at once.
   */
  openFiles(
    files: readonly (File | FileInFolder)[],
    options?: ReadOptions,
    call?: Call<DatasetPreview>,
  ): Promise<DatasetInfo>
  /**
   * Reads rows from an address: a file of any of these formats, a share link of Google Drive (with the person's own key or
   * token), or a data set's page on the Hugging Face Hub.
   */
  openUrl(
    url: string,
    access?: SourceAccess,
    options?: ReadOptions,
    call?: Call<DatasetPreview>,
  ): Promise<DatasetInfo>
  /** Data sets of the Hugging Face Hub, those most downloaded first, at most twenty. */
  searchHub(query: string, access?: SourceAccess, call?: Call): Promise<HubDataset[]>
  /** What there is to choose from in a data set of the Hub. */
  hubConfigs(dataset: string, access?: SourceAccess, call?: Call): Promise<HubConfigs>
  /** Reads one split of a data set of the Hub from its Parquet files, or from its own where the Hub made none. */
  openHub(choice: HubChoice, access?: SourceAccess, call?: Call<DatasetPreview>): Promise<DatasetInfo>
  list(call?: Call): Promise<DatasetInfo[]>
  rows(dataset: string, page: RowsPage, call?: Call): Promise<Record<string, unknown>[]>
  remove(dataset: string, call?: Call): Promise<void>
  /** What each column holds, exactly. */
  columnStats(dataset: string, call?: Call): Promise<ColumnStats[]>
  /**
   * Everything to know about the rows under a mapping, after the steps, held against the split: more than
   * `DatasetInfo.findings`, which names what opening brought up. With a model, examples too long for it are found too.
   */
  inspect(recipe: OpenRecipe, call?: Call): Promise<Finding[]>
  /**
   * Runs the steps and says what each of them did: on all rows, or on so many drawn by seed, for a quick look.
   */
  runSteps(recipe: DataRecipe, sample?: number | null, call?: Call): Promise<StepsReport>
  /**
   * A page of rows as they are after the steps, and the names of all columns; `row` of each is the row of the data set that
   * it came from.
   */
  rowsAfter(
    recipe: DataRecipe,
    page: RowsPage,
    call?: Call,
  ): Promise<{ rows: number; columns: string[]; page: { row: number; values: Record<string, unknown> }[] }>
  /** The figures of `prepare` from 2,000 rows drawn by seed, scaled up, within a second or two; stores nothing. */
  estimate(recipe: Recipe, call?: Call): Promise<PreparedInfo>
  /**
   * Runs steps, maps, splits, augments and tokenises a data set for a model; stores the token table and says what is in
   * it. The same recipe on the same bytes is done once.
   */
  prepare(recipe: Recipe, call?: Call): Promise<PreparedInfo>
  /** A page of examples as text, after steps, mapping, split and augmentation: to look at, to ask, to export. */
  examples(
    recipe: OpenRecipe,
    split: Split,
    page: Page,
    call?: Call,
  ): Promise<{ total: number; examples: ExampleText[] }>
  /** A page of examples as the model will see them. `total` counts the split's examples before tokenisation. */
  tokenSamples(
    recipe: Recipe,
    split: Split,
    page: Page,
    call?: Call,
  ): Promise<{ total: number; samples: TokenisedSample[] }>
  /**
   * What a run would learn from as files, one a split; made rows are among them. For `kauldron` the model says which Gemma is
   * meant.
   */
  exportData(recipe: OpenRecipe, format: DataFormat, call?: Call): Promise<ExportedFile[]>
  /**
   * Changes rows of a stored data set. All of the edits, or none: the first that cannot be done is refused by name. The
   * data set keeps its id and gets a new hash.
   */
  edit(dataset: string, edits: RowEdit[], call?: Call): Promise<DatasetInfo>
  /** Takes back the last call of `edit`, hash and all; of no effect where there is none (`DatasetInfo.edits`). */
  undo(dataset: string, call?: Call): Promise<DatasetInfo>
  /**
   * A data set from cells as a spreadsheet's clipboard gives them (tab-separated, quoted where needed). With `header: false`
   * the first row holds no names: two columns are then called prompt and response, others by number.
   */
  openPasted(
    text: string,
    name?: string,
    options?: { header?: boolean },
    call?: Call<DatasetPreview>,
  ): Promise<DatasetInfo>
  /** A data set typed by hand: rows of cells in the order of the columns. There may be none yet. */
  createDataset(name: string, columns: string[], rows: (string | null)[][], call?: Call): Promise<DatasetInfo>
  /**
   * Has a model write more examples like the training rows, and stores those that are good as a set of their own.
   * `onPreview` hears how many there are so far. Stopped, it keeps what was written by then.
   */
  synthesise(
    recipe: DataRecipe,
    wish: SynthesisWish,
    generate: Generate,
    call?: Call<SynthesisProgress>,
  ): Promise<SynthesisInfo>
}

export interface SampleInfo {
  id: string
  title: string
  /** What a model learns from it, one sentence. */
  summary: string
  rows: number
}

/** A file of a chosen folder, whose path does not cross to a worker by itself. */
export interface FileInFolder {
  file: File
  /** From the folder's name on, with `/`. */
  path: string
}

/** What lets a person read what is not public. Used for one call, never stored. */
export interface SourceAccess {
  /** Of the Hugging Face Hub, of Google (OAuth), or of any host that takes bearer tokens. */
  token?: string
  /** API key of Google Drive. */
  key?: string
}

/** A data set as the Hub's search shows it. */
export interface HubDataset {
  /** `owner/name`. */
  id: string
  downloads: number
  likes: number
  summary: string
  /** Rows, such as `10K<n<100K`; null where its card does not say. */
  size: string | null
  license: string | null
  /** Whether its terms have to be accepted on its page first. */
  gated: boolean
  private: boolean
}

export interface HubConfigs {
  dataset: string
  /** Bytes are those of the Parquet files, or of the data set's own where there are none: what is downloaded. */
  configs: { name: string; splits: { name: string; bytes: number; files: number }[] }[]
  /** Whether the Hub offers only the beginning of it as Parquet. */
  partial: boolean
}

/** Without a configuration or split: `default` and `train`, or else the first. */
export interface HubChoice {
  dataset: string
  config?: string
  split?: string
  reading?: ReadOptions
}

/** What is known while the rest is still being read. */
export interface DatasetPreview {
  name: string
  /** csv, json, text, parquet, arrow, xlsx ... */
  format: string
  /** The first 50, types as far as the first rows show them. */
  columns: ColumnInfo[]
  rows: Record<string, unknown>[]
}

export interface DatasetInfo {
  id: string
  name: string
  /** SHA-256 of the file's bytes, hex. */
  hash: string
  rows: number
  columns: ColumnInfo[]
  /** First guess at the roles, with the reason in words. */
  guess: Guess
  findings: Finding[]
  /** The first five rows. */
  preview: Record<string, unknown>[]
  /** Where a column says which rows are for training, validation and test. */
  splitGuess?: SplitConfig
  /** Calls of `edit` that can be undone. */
  edits?: number
  /** Of the reader that read it: csv, text, xlsx ... */
  format?: string
  /** What was said of how to read it, where that made a difference. */
  reading?: ReadOptions
  /** What the file has to choose from. */
  offers?: ReadingOffers
  /** What the file calls its rows, where that is not 1, 2, 3 ...: each stretch's first row, 0-based, and its number. */
  rowNumbers?: readonly (readonly [row: number, number: number])[]
  /** Set where a model wrote the rows. */
  synthetic?: { from: string; author: string }
}

export interface ColumnInfo {
  name: string
  type: 'text' | 'number' | 'boolean' | 'date' | 'list' | 'object' | 'empty'
  missing: number
}
