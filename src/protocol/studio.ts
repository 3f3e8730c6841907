import type { SplitConfig } from './data-steps.ts'
import type {
  EngineChoice,
  EngineDescription,
  EngineKind,
  GenerateOptions,
  MemoryPlan,
  PortableBackend,
  PortableBackendChoice,
} from './engine.ts'
import type { Failure } from './errors.ts'
import type { MetricName, RunEvent } from './events.ts'
import type { GpuCheck } from './gpu-check.ts'
import type { ModelConfig } from './model.ts'
import type {
  ColumnStats,
  ExamplesRequest,
  ExampleText,
  ExportDataRequest,
  Finding,
  Generate,
  Guess,
  InspectRequest,
  PreparedInfo,
  PrepareRequest,
  RowEdit,
  StepsReport,
  StepsRequest,
  SynthesisInfo,
  SynthesisProgress,
  SynthesisRequest,
  TokenisedSample,
} from './preparation.ts'
import type { RunConfig } from './run-config.ts'
import type { Split } from './tokens.ts'

export type * from './preparation.ts'

/**
 * What the page (and the headless command line, which is the same page) may ask of the workers. Every promise rejects
 * with a Failure. Values are structured-clonable; callbacks cross through comlink's proxy inside `workers/client.ts`.
 */
export interface Studio {
  data: DataRoom
  train: TrainRoom
}

export interface DataRoom {
  /** Bundled sample data sets, without reading them. */
  samples(): Promise<SampleInfo[]>
  openSample(id: string): Promise<DatasetInfo>
  /** `openFiles` of one file. */
  openFile(file: File, signal?: AbortSignal): Promise<DatasetInfo>
  /**
   * Reads files of rows into one stored data set: CSV, TSV, JSON, JSON lines, Parquet, Arrow, Feather, Excel or text, in
   * gzip or ZIP or not; several files of the same columns, or a folder. `onPreview` hears of the first rows at once.
   */
  openFiles(
    files: readonly (File | FileInFolder)[],
    onPreview?: (preview: DatasetPreview) => void,
    signal?: AbortSignal,
    options?: ReadOptions,
    onProgress?: (bytes: number, total: number) => void,
  ): Promise<DatasetInfo>
  /**
   * Reads rows from an address: a file of any of these formats, a share link of Google Drive (with the person's own key or
   * token), or a data set's page on the Hugging Face Hub.
   */
  openUrl(
    url: string,
    access?: SourceAccess,
    onPreview?: (preview: DatasetPreview) => void,
    signal?: AbortSignal,
    options?: ReadOptions,
    onProgress?: (bytes: number, total: number) => void,
  ): Promise<DatasetInfo>
  /** Data sets of the Hugging Face Hub, those most downloaded first, at most twenty. */
  searchHub(query: string, access?: SourceAccess, signal?: AbortSignal): Promise<HubDataset[]>
  /** What there is to choose from in a data set of the Hub. */
  hubConfigs(dataset: string, access?: SourceAccess, signal?: AbortSignal): Promise<HubConfigs>
  /** Reads one split of a data set of the Hub from its Parquet files, or from its own where the Hub made none. */
  openHub(
    choice: HubChoice,
    access?: SourceAccess,
    onPreview?: (preview: DatasetPreview) => void,
    signal?: AbortSignal,
    onProgress?: (bytes: number, total: number) => void,
  ): Promise<DatasetInfo>
  list(): Promise<DatasetInfo[]>
  rows(dataset: string, offset: number, count: number): Promise<Record<string, unknown>[]>
  remove(dataset: string): Promise<void>
  /** What each column holds, exactly. */
  columnStats(dataset: string, signal?: AbortSignal): Promise<ColumnStats[]>
  /**
   * Everything to know about the rows under a mapping, after the steps, held against the split: more than
   * `DatasetInfo.findings`, which names what opening brought up.
   */
  inspect(request: InspectRequest, signal?: AbortSignal): Promise<Finding[]>
  /** Runs the steps and says what each of them did. */
  runSteps(request: StepsRequest, signal?: AbortSignal): Promise<StepsReport>
  /** A page of rows as they are after the steps; `row` of each is the row of the data set that it came from. */
  rowsAfter(
    request: StepsRequest,
    offset: number,
    count: number,
  ): Promise<{ rows: number; page: { row: number; values: Record<string, unknown> }[] }>
  /** The figures of `prepare` from 2,000 rows drawn by seed, scaled up, within a second or two; stores nothing. */
  estimate(request: PrepareRequest, signal?: AbortSignal): Promise<PreparedInfo>
  /**
   * Runs steps, maps, splits, augments and tokenises a data set for a model; stores the token table and says what is in
   * it. The same request on the same bytes is done once. `onProgress` hears the share that is done.
   */
  prepare(
    request: PrepareRequest,
    signal?: AbortSignal,
    onProgress?: (share: number) => void,
  ): Promise<PreparedInfo>
  /** A page of examples as text, after steps, mapping, split and augmentation: to look at, to ask, to export. */
  examples(
    request: ExamplesRequest,
    split: Split,
    offset: number,
    count: number,
  ): Promise<{ total: number; examples: ExampleText[] }>
  /** A page of examples as the model will see them. `total` counts the split's examples before tokenisation. */
  tokenSamples(
    request: PrepareRequest,
    split: Split,
    offset: number,
    count: number,
  ): Promise<{ total: number; samples: TokenisedSample[] }>
  /** What a run would learn from as files, one a split; made rows are among them. */
  exportData(request: ExportDataRequest, signal?: AbortSignal): Promise<ExportedFile[]>
  /**
   * Changes rows of a stored data set. All of the edits, or none: the first that cannot be done is refused by name. The
   * data set keeps its id and gets a new hash.
   */
  edit(dataset: string, edits: RowEdit[]): Promise<DatasetInfo>
  /** Takes back the last call of `edit`, hash and all; of no effect where there is none (`DatasetInfo.edits`). */
  undo(dataset: string): Promise<DatasetInfo>
  /**
   * A data set from cells as a spreadsheet's clipboard gives them (tab-separated, quoted where needed). With `header: false`
   * the first row holds no names: two columns are then called prompt and response, others by number.
   */
  openPasted(text: string, name?: string, options?: { header?: boolean }): Promise<DatasetInfo>
  /** A data set typed by hand: rows of cells in the order of the columns. There may be none yet. */
  createDataset(name: string, columns: string[], rows: (string | null)[][]): Promise<DatasetInfo>
  /** Has a model write more examples like the training rows, and stores those that are good as a set of their own. */
  synthesise(
    request: SynthesisRequest,
    generate: Generate,
    onProgress?: (progress: SynthesisProgress) => void,
    signal?: AbortSignal,
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

/** How files are to be read, where there is a choice. */
export interface ReadOptions {
  /** What a row of plain text is; by default a paragraph where its lines are wrapped, else a line. Paragraphs end at blank lines. */
  text?: 'line' | 'paragraph' | 'file'
  /** Sheet of a workbook; by default the first that has rows. */
  sheet?: string
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
}

/** What is known while the rest is still being read. */
export interface DatasetPreview {
  name: string
  /** csv, json, text, parquet, arrow, xlsx ... */
  format: string
  /** Types as far as the first rows show them. */
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
  /** Set where a model wrote the rows. */
  synthetic?: { from: string; author: string }
}

export interface ColumnInfo {
  name: string
  type: 'text' | 'number' | 'boolean' | 'date' | 'list' | 'object' | 'empty'
  missing: number
}

export interface TrainRoom {
  /** What would compute here, before anything is loaded. */
  device(choice?: EngineChoice, backend?: PortableBackendChoice): Promise<DeviceInfo>
  /** Holds every operation against its reference on this adapter, anew; what it finds decides what `auto` chooses. */
  checkGpu(onProgress?: (share: number, operation: string) => void, signal?: AbortSignal): Promise<GpuCheck>
  models(): Promise<ModelInfo[]>
  /** Stores a Hugging Face folder's files (config.json, tokenizer.json, *.safetensors ...) under a name. */
  addModel(
    files: File[],
    name: string,
    onProgress?: (share: number, note: string) => void,
  ): Promise<ModelInfo>
  removeModel(id: string): Promise<void>
  plan(config: RunConfig, model: string): Promise<MemoryPlan>
  /** Starts a run and resolves with its id once the run record is stored; events follow until `done` or `error`. */
  start(request: StartRequest, onEvent: (event: RunEvent) => void): Promise<string>
  /** Goes on with a stored run from its last checkpoint. */
  resume(run: string, onEvent: (event: RunEvent) => void): Promise<void>
  /** Asks the running run to stop after this step, with a checkpoint. */
  stop(): Promise<void>
  runs(): Promise<RunInfo[]>
  /** Metric columns of a stored run, transferred, not copied. */
  metrics(run: string): Promise<RunMetrics>
  events(run: string): Promise<RunEvent[]>
  removeRun(run: string): Promise<void>
  /** The adapter of a run's newest checkpoint (or of its best) as files of the PEFT layout. */
  exportAdapter(run: string): Promise<ExportedFile[]>
  /** Answers with the base model, or a run's adapter on it. Text arrives in pieces, by prompt. */
  answer(
    request: AnswerRequest,
    onText: (prompt: number, text: string) => void,
    signal?: AbortSignal,
  ): Promise<string[]>
}

export interface DeviceInfo {
  engine: 'webgpu' | 'portable'
  description: string
  software: boolean
  /** That may compute, where the processor does. */
  threads?: number
  /** Why there is no hardware engine, where there is none. */
  reason?: Failure
  /** How quickly each engine has trained on this machine, newest first. */
  speeds: MeasuredSpeed[]
  /** The last check of this adapter's operations with this build. */
  check: GpuCheck | null
}

export interface MeasuredSpeed {
  engine: EngineKind
  /** What the portable engine ran on. */
  backend?: PortableBackend
  /** Name of the model. */
  model: string
  tokensPerSecond: number
}

export interface ModelInfo {
  id: string
  name: string
  config: ModelConfig
  /** SHA-256 over the manifest, hex. */
  hash: string
  /** Stored bytes; 0 where the model is bundled and not stored yet. */
  bytes: number
  parameters: number
  practice: boolean
}

export interface StartRequest {
  config: RunConfig
  model: string
  /** Key from PreparedInfo. */
  tokens: string
  /** Prompts answered by base and tuned model at each validation. */
  samplePrompts: { prompt: string; reference?: string }[]
  /** For a config that begins with an adapter. */
  adapter?: AdapterFiles
}

/** An adapter of PEFT's layout: `adapter_config.json`, parsed, and `adapter_model.safetensors`. */
export interface AdapterFiles {
  config: unknown
  tensors: Blob
}

export type RunStatus = 'running' | 'stopped' | 'done' | 'failed'

export interface RunInfo {
  id: string
  name: string
  created: number
  status: RunStatus
  config: RunConfig
  model: string
  step: number
  maxSteps: number
  lastLoss: number | null
  evalLoss: number | null
  seconds: number
  engine: EngineDescription | null
  failure?: Failure
}

export interface RunMetrics {
  steps: Uint32Array
  columns: Partial<Record<MetricName, Float64Array>>
  /** Steps of the eval_loss column. */
  evalSteps: Uint32Array
  epochs: Float64Array
}

export interface ExportedFile {
  path: string
  blob: Blob
}

export interface AnswerRequest {
  model: string
  /** Run whose adapter answers; null for the base model. */
  run: string | null
  prompts: string[]
  options: Omit<GenerateOptions, 'stopTokens' | 'adapter'>
  /** For the base model; a run's adapter answers on the run's own engine. */
  engine?: EngineChoice
  portableBackend?: PortableBackendChoice
}

/** How runs move between a folder and the browser's storage: the command line's way of keeping them. */
export interface CheckpointRoom {
  /** A run's newest checkpoint as files, the one that describes it last: written in order, a crash leaves the old one. */
  exportCheckpoint(run: string): Promise<ExportedFile[]>
  /**
   * Stores a run that was kept elsewhere, for `resume` to go on with; gives its id. Refuses (`bad_state`) a checkpoint
   * that does not belong to the request's config, data and model.
   */
  importRun(request: ImportRequest): Promise<string>
}

export interface ImportRequest extends StartRequest {
  /** The run's log; what lies behind the checkpoint is left out. */
  events: RunEvent[]
  /** Files as `exportCheckpoint` gave them: the parsed JSON, and the tensors. */
  checkpoint: { meta: unknown; tensors: Blob }
}
