import type { ExportedFile } from '../protocol/studio.ts'
import { shareableConfig } from '../runs/shareable-config.ts'
import { type BaseModel, placeOf } from './base.ts'
import { type Facts, filled } from './filled.ts'
import { textFile } from './model-files.ts'
import { adapterFolder } from './peft.ts'
import { taughtChat } from './snippets.ts'
import type { ExportSource } from './source.ts'
import rest from './templates/rest/app.py?raw'
import dockerfile from './templates/rest/Dockerfile?raw'
import restReadme from './templates/rest/README.md?raw'
import restRequirements from './templates/rest/requirements.txt?raw'
import model from './templates/serving/model.py?raw'
import space from './templates/space/app.py?raw'
import spaceReadme from './templates/space/README.md?raw'
import spaceRequirements from './templates/space/requirements.txt?raw'

/** Folders that answer with a run's adapter, which is in them. */

/** Of Gradio, in the front matter of a Space, which installs it. */
const GRADIO = '6.31.0'

/** An OpenAI-compatible service on FastAPI, Transformers and PEFT. */
export async function restService(source: ExportSource): Promise<ExportedFile[]> {
  const { base, files } = await adapterFolder(source)
  const facts = await factsOf(source, base)
  return [
    textFile('README.md', filled(restReadme, 'text', facts)),
    textFile('app.py', rest),
    textFile('model.py', filled(model, 'python', facts)),
    textFile('requirements.txt', restRequirements),
    textFile('Dockerfile', dockerfile),
    ...inside(files),
  ]
}

/** A Space of the Hugging Face Hub, on Gradio. */
export async function gradioSpace(source: ExportSource): Promise<ExportedFile[]> {
  const { base, files } = await adapterFolder(source)
  const facts = await factsOf(source, base)
  return [
    textFile('README.md', filled(spaceReadme, 'text', facts)),
    textFile('app.py', space),
    textFile('model.py', filled(model, 'python', facts)),
    textFile('requirements.txt', spaceRequirements),
    ...inside(files),
  ]
}

const inside = (files: readonly ExportedFile[]) =>
  files.map((file) => ({ ...file, path: `adapter/${file.path}` }))

async function factsOf(source: ExportSource, base: BaseModel): Promise<Facts> {
  const { config, baseModel } = source
  const stops = await source.model().then(
    (found) => found.stops(),
    () => [],
  )
  const data = shareableConfig(config, baseModel).data.name || 'a data set of its own'
  return {
    base: base.at,
    base_name: baseModel,
    base_words: placeOf(base, baseModel, 'adapter/base', 'BASE_MODEL=FOLDER'),
    hub: base.kind === 'hub',
    // A name that means the same in YAML, JSON and a shell.
    name: `${baseModel.replace(/^.*\//, '').replace(/[^\w.-]+/g, '-')}-tuned`,
    title: `${baseModel}, fine-tuned on ${data}`,
    chat: taughtChat(config),
    stops,
    gradio: GRADIO,
  }
}
