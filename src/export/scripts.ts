import { fail } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { ExportedFile } from '../protocol/studio.ts'
import { shareableConfig } from '../runs/shareable-config.ts'
import { baseOf, placeOf } from './base.ts'
import { filled } from './filled.ts'
import { jsonFile, textFile } from './model-files.ts'
import { notebookOf } from './notebook.ts'
import { type ExportSource, templateFile } from './source.ts'
import readme from './templates/scripts/README.md?raw'
import requirements from './templates/scripts/requirements.txt?raw'
import program from './templates/scripts/train.py?raw'

/** What of a log a repetition is held against. Samples and notices may quote rows. */
const HELD_AGAINST: RunEvent['type'][] = ['step', 'eval']

/**
 * A program and a notebook that repeat a run with TRL and PEFT, with its settings and its log; the data are not among them.
 * @throws LapidaryError `unsupported_format` where the program could not repeat the run
 */
export async function trainingScripts(source: ExportSource): Promise<ExportedFile[]> {
  requireRepeatable(source)
  const { config, baseModel } = source
  const base = await baseOf(source)
  const log = (await source.events()).filter(({ type }) => HELD_AGAINST.includes(type))
  const script = filled(program, 'python', { base: base.at })
  const run = shareableConfig(config, baseModel)
  return [
    textFile(
      'README.md',
      filled(readme, 'text', {
        step: source.step,
        data: run.data.name || 'a data set of its own',
        base_words: placeOf(base, baseModel, 'base', '--base FOLDER'),
      }),
    ),
    textFile('requirements.txt', requirements),
    textFile('train.py', script),
    textFile('notebook.ipynb', notebookOf(script, FIRST, LAST)),
    jsonFile('run.json', run),
    textFile('log.jsonl', log.map((event) => `${JSON.stringify(event)}\n`).join('')),
    ...templateFile(source),
    ...base.files,
  ]
}

/** A notebook is opened in this folder, or in Colab, to which it is to be uploaded whole. */
const FIRST = `%pip install --quiet -r requirements.txt`
const LAST = `FILE = "data.csv"  # the file of the run, or the folder of prepared rows
run(FILE, out="adapter")`

function requireRepeatable({ config }: ExportSource): void {
  const because =
    config.start.from !== 'nothing'
      ? 'it began with the adapter of another one'
      : config.data.format === 'kauldron'
        ? 'its rows were written as kauldron does'
        : config.data.corrections?.length > 0
          ? 'answers of its rows were put right by hand'
          : null
  if (because !== null)
    fail(
      'unsupported_format',
      `This run cannot be repeated by the training script: ${because}.`,
      'Export the adapter or the merged model.',
      { found: because },
    )
}
