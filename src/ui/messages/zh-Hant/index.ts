import type { Catalogue } from '../t.ts'
import { data } from './data.ts'
import { evaluation } from './evaluation.ts'
import { exported } from './export.ts'
import { fit } from './fit.ts'
import { gpu } from './gpu.ts'
import { hints, hood, setup } from './learning.ts'
import { leave } from './leave.ts'
import { link } from './link.ts'
import { model } from './model.ts'
import { needs } from './needs.ts'
import { open } from './open.ts'
import { lesson, pack } from './pack.ts'
import { page } from './page.ts'
import { push } from './push.ts'
import { runFile } from './run-file.ts'
import { shelf } from './shelf.ts'
import { sources } from './sources.ts'
import { space } from './space.ts'
import { steps } from './steps.ts'
import { tuning } from './tuning.ts'
import { views } from './views.ts'

/**
 * Traditional Chinese as it is written in Taiwan: a row of a table is 列 and a column 欄, a token 詞元, a run 訓練, rows held out 保留列. Terms of
 * the field that have no settled name stay in Latin letters.
 */
export const zhHant: Catalogue = {
  ...data,
  ...evaluation,
  ...exported,
  ...fit,
  ...gpu,
  ...hints,
  ...hood,
  ...lesson,
  ...leave,
  ...link,
  ...model,
  ...needs,
  ...open,
  ...pack,
  ...page,
  ...push,
  ...runFile,
  ...setup,
  ...shelf,
  ...sources,
  ...space,
  ...steps,
  ...tuning,
  ...views,
}
