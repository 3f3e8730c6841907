import type { Recipe } from '../../src/protocol/recipe.ts'
import { type DataConfig, parseRunConfig, type TrainingConfig } from '../../src/protocol/run-config.ts'

export interface RecipeParts {
  data?: Partial<DataConfig>
  training?: Partial<TrainingConfig>
  model?: string
}

/** A recipe of Pebble on a data set, from what a test says of its config. */
export function recipeOf({ id }: { id: string }, { data, training, model }: RecipeParts = {}): Recipe {
  return { dataset: id, model: model ?? 'pebble', config: parseRunConfig({ data, training }) }
}

/** The same with further parts. */
export function changed(recipe: Recipe, { data, training, model }: RecipeParts): Recipe {
  const { config } = recipe
  return {
    ...recipe,
    ...(model === undefined ? {} : { model }),
    config: { ...config, data: { ...config.data, ...data }, training: { ...config.training, ...training } },
  }
}
