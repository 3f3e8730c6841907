import { evaluation } from './en-evaluation.ts'
import { exported } from './en-export.ts'
import { fit } from './en-fit.ts'
import { gpu } from './en-gpu.ts'
import { hood } from './en-hood.ts'
import { leave } from './en-leave.ts'
import { model } from './en-model.ts'
import { push } from './en-push.ts'
import { runFile } from './en-run-file.ts'
import { setup } from './en-setup.ts'
import { shelf } from './en-shelf.ts'
import { steps } from './en-steps.ts'
import { views } from './en-views.ts'

/** Texts of parts of the page that are fetched when they are first drawn. */
export const later = {
  ...evaluation,
  ...exported,
  ...fit,
  ...gpu,
  ...hood,
  ...leave,
  ...model,
  ...push,
  ...runFile,
  ...setup,
  ...shelf,
  ...steps,
  ...views,
} as const
