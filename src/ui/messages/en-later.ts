import { begin } from './en-begin.ts'
import { data } from './en-data.ts'
import { drawer } from './en-drawer.ts'
import { evaluation } from './en-evaluation.ts'
import { exported } from './en-export.ts'
import { fit } from './en-fit.ts'
import { forms } from './en-forms.ts'
import { gpu } from './en-gpu.ts'
import { hood } from './en-hood.ts'
import { leave } from './en-leave.ts'
import { model } from './en-model.ts'
import { needs } from './en-needs.ts'
import { opened } from './en-opened.ts'
import { push } from './en-push.ts'
import { runFile } from './en-run-file.ts'
import { runs } from './en-runs.ts'
import { setup } from './en-setup.ts'
import { share } from './en-share.ts'
import { shelf } from './en-shelf.ts'
import { space } from './en-space.ts'
import { steps } from './en-steps.ts'
import { train } from './en-train.ts'
import { tuning } from './en-tuning.ts'
import { views } from './en-views.ts'

/** Texts of parts of the page that are fetched when they are first drawn. */
export const later = {
  ...share,
  ...forms,
  ...drawer,
  ...data,
  ...begin,
  ...evaluation,
  ...exported,
  ...fit,
  ...gpu,
  ...hood,
  ...leave,
  ...model,
  ...needs,
  ...push,
  ...runFile,
  ...setup,
  ...shelf,
  ...space,
  ...steps,
  ...tuning,
  ...views,
  ...train,
  ...runs,
  ...opened,
} as const
