import type { ExamplesRequest, Mapping, PrepareRequest } from './preparation.ts'
import type { DataConfig, RunConfig } from './run-config.ts'
import type { ReadOptions } from './studio.ts'

/** The columns of a run's config as a mapping. */
export function configMapping(data: DataConfig): Mapping {
  const { prompt, response, system, messages, text, input, template, labels } = data
  return { prompt, response, system, messages, text, input, template, labels }
}

/** How a run's file is to be read. */
export function configReading({ reading: { text, sheet } }: DataConfig): ReadOptions {
  return { ...(text && { text }), ...(sheet && { sheet }) }
}

/** What a run's examples are as text: the same data set and config give the same ones. */
export function examplesRequest({ data, training }: RunConfig, dataset: string): ExamplesRequest {
  return {
    dataset,
    mapping: configMapping(data),
    steps: data.steps,
    split: data.split,
    augment: data.augment,
    validationShare: data.validation_share,
    seed: training.seed,
  }
}

/** What a run's token table is made from. */
export function prepareRequest(config: RunConfig, dataset: string, model: string): PrepareRequest {
  const { training, data } = config
  return {
    ...examplesRequest(config, dataset),
    model,
    maxLength: training.max_length,
    completionOnlyLoss: training.completion_only_loss,
    format: data.format,
  }
}
