import type { ChatAbout } from '../../protocol/chat-page.ts'
import { blobFile } from '../../protocol/exported.ts'
import { modelFolder } from '../base.ts'
import { jsonFile, noticeFiles, textFile } from '../model-files.ts'
import { peftFiles } from '../peft.ts'
import type { Exporter } from '../source.ts'

/** The engine of the studio with the base as it is stored here, so that it answers as it did here, to the word. */
export default {
  name: 'Chat page',
  about:
    'One folder of plain files for any web server: a page that answers in the browser of whoever opens it, offline too, with the base model beside the tuned one. The base model is in it.',
  for: ['web'],
  // By the page itself, on the base as it was held.
  check: {
    checker: [],
    nats: 0.01,
    reason: 'each engine and graphics processor takes sums in an order of its own',
  },
  async files(source) {
    const { config, baseModel, step } = source
    const base = await source.model()
    const page = await source.chatPage()
    const adapter = await peftFiles({
      lora: await source.lora(),
      config,
      baseModel,
      base: { at: '../base', kind: 'beside', multimodal: base.config.languageModel === true },
      step,
      events: await source.events(),
    })
    const about: ChatAbout = {
      version: 1,
      base: baseModel,
      practice: base.practice,
      step,
      quantization: config.model.quantization,
      files: Object.fromEntries([...base.files].map(([name, { size }]) => [name, size])),
    }
    return [
      textFile('README.txt', readme(baseModel)),
      ...noticeFiles(
        base,
        'What lies in adapter/ modifies the model in base/, whose own files are unchanged.',
      ),
      jsonFile('chat.json', about),
      ...adapter
        .filter(({ path }) => path !== 'README.md')
        .map(({ path, blob }) => blobFile(`adapter/${path}`, blob)),
      ...modelFolder(base.files, 'base/'),
      // Last: without it there is no page.
      ...page,
    ]
  },
} satisfies Exporter

const readme = (base: string) => `A chat page: ${base} and what was trained on it, answering in the browser.

Put this folder on any server for plain files, or start one in it:

    python3 -m http.server 8000

and open http://localhost:8000 in a current browser (Chrome or Edge from 120, Firefox from 128, Safari from 17.5). Where the
browser has WebGPU it is quick; elsewhere it computes with WebAssembly. Nothing is fetched from anywhere else, and nothing that
is written is sent. The page can check that it does what the model did where it was trained, by proof.json: it has a button for it.

index.html and assets/ are the page, base/ is the base model, adapter/ is what was learnt, as PEFT reads it. Whoever gets this
folder gets the model: its licence goes with it. An adapter can recite rows that it was trained on.
`
