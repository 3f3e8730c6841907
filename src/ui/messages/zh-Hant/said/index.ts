import type { Sayer } from '../../said.ts'
import { createSayer, type SaidTexts } from '../../sayer.ts'
import { columns } from './columns.ts'
import { damage } from './damage.ts'
import { engine } from './engine.ts'
import { evaluating } from './evaluating.ts'
import { files } from './files.ts'
import { found } from './found.ts'
import { hub } from './hub.ts'
import { keeping } from './keeping.ts'
import { models } from './models.ts'
import { reading } from './reading.ts'
import { runs } from './runs.ts'
import { tokens } from './tokens.ts'
import { words } from './words.ts'

/** What is said behind the page, in Traditional Chinese: words as in the catalogue beside it. */
export const said: SaidTexts = {
  ...columns,
  ...damage,
  ...engine,
  ...evaluating,
  ...files,
  ...found,
  ...hub,
  ...keeping,
  ...models,
  ...reading,
  ...runs,
  ...tokens,
  ...words,
}

export const zhHantSayer = (): Sayer => createSayer(said)
