import { evaluation } from './en-evaluation.ts'
import { exported } from './en-export.ts'
import { fit } from './en-fit.ts'
import { gpu } from './en-gpu.ts'
import { model } from './en-model.ts'
import { push } from './en-push.ts'
import { shelf } from './en-shelf.ts'
import { space } from './en-space.ts'
import { steps } from './en-steps.ts'
import { tuning } from './en-tuning.ts'

/** Texts of parts of the page that are fetched when they are first drawn. */
export const later = {
  ...evaluation,
  ...exported,
  ...fit,
  ...gpu,
  ...model,
  ...push,
  ...shelf,
  ...space,
  ...steps,
  ...tuning,
} as const
