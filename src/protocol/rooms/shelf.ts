import type { ModelConfig } from '../model.ts'
import type { ModelLicence } from './model-sources.ts'

/** A model that is offered for download, before anything of it is here. */
export interface OfferedModel {
  name: string
  /** What it is for: conversation, or calls of functions. */
  made: 'chat' | 'functions'
  /** Repositories of the Hub, the copy that needs no account first. */
  repos: { repo: string; gated: boolean }[]
  config: ModelConfig
  /** Weights that are used. */
  parameters: number
  /** Weights that are downloaded with them and not used: of a part that is not of text. */
  unused: number
  /** Bytes of the download, about. */
  bytes: number
  licence: ModelLicence
}
