import type { ModelConfig } from '../model.ts'
import type { ModelAddress } from '../model-address.ts'
import type { LoraConfig } from '../run-config.ts'
import type { AdapterFiles } from './runs.ts'

/** As the model's card names it. */
export interface ModelLicence {
  /** Such as `gemma` or `apache-2.0`. */
  id: string
  /** For people. */
  name: string
  /** Where it is written; null where nothing says. */
  link: string | null
}

export interface RemoteModelFile {
  /** Path in the repository, with `/`. */
  name: string
  /** In bytes. */
  size: number
  /** Hex; null where the source does not tell it. */
  sha256: string | null
}

/** A model that lies elsewhere, before anything of its weights is fetched. */
export interface RemoteModel {
  /** As it can be given to `download`: of the Hub with the commit as its revision, and the chosen `.gguf`. */
  address: ModelAddress
  name: string
  /** Those that a download needs, and no others. Of a repository with several `.gguf`: of the one that is chosen. */
  files: RemoteModelFile[]
  /** Of `files` in all. */
  bytes: number
  /** Bytes that it takes once it is stored: those of its files, but for a `.gguf`, which is converted. */
  keeps: number
  /** Of `bytes`, what is stored in this browser already, under whatever name, and what an unfinished download has. */
  here: number
  /** Null where it cannot be read before the download: of a gated repository without access. */
  config: ModelConfig | null
  /** Weights; null where nothing tells before the download. */
  parameters: number | null
  licence: ModelLicence | null
  /** Whether its terms must be accepted before it can be had. */
  gated: boolean
  /** Whether its files can be had from here now, with the token that there is. */
  readable: boolean
  format: 'safetensors' | 'gguf'
  /** Of a repository with several `.gguf` files, those to choose from by `address.file`; split ones are one, named by the first part. */
  ggufs?: { file: string; size: number }[]
  /** Id of the stored model, where exactly this one is here. */
  stored: string | null
}

/** An adapter in PEFT's layout that lies elsewhere, fetched. */
export interface RemoteAdapter {
  /** As `start.name` of a run's config: of the Hub with its commit. */
  name: string
  /** The model that it says it was made for. */
  base: string | null
  /** What a run that begins with it must have. */
  lora: LoraConfig
  licence: ModelLicence | null
  /** For `StartRequest.adapter`. */
  files: AdapterFiles
}

/** A download that was begun and not ended. */
export interface Unfinished {
  id: string
  /** To go on: `download(address)`. */
  address: ModelAddress
  name: string
  /** Bytes that are here, and in all. */
  done: number
  total: number
  /** When it was begun, in milliseconds since 1970. */
  since: number
  /** A page of this browser is at it. */
  going: boolean
}

export interface StorageRoom {
  /** Bytes that this page's storage takes, and may take; null where the browser does not tell. */
  usage: number | null
  quota: number | null
  /** Whether the browser has promised not to clear it away. */
  persisted: boolean
}

/** Whether there is a token for a hub; the token itself never leaves where it is kept. */
export interface HubAccess {
  signedIn: boolean
  /** Kept in this browser beyond this page. */
  remembered: boolean
  /** Of the account. */
  name?: string
}
