export type RepositoryKind = 'model' | 'space'

/** What a format is to the Hub. */
export const kindOfFormat = (format: string): RepositoryKind => (format === 'space' ? 'space' : 'model')

/** The path of a repository on its hub, which is that of its page too. */
export const pathOnHub = (repo: string, kind: RepositoryKind = 'model'): string =>
  kind === 'space' ? `spaces/${repo}` : repo

/** What a commit says: nothing that a person has typed, as it is not among the files that are listed before they are sent. */
export const commitTitle = (baseModel: string, format: string, step: number): string =>
  `${baseModel}, fine-tuned: ${format}, step ${step}`

/** Where an export is pushed to. */
export interface PushRequest {
  /** OWNER/NAME, which is made. */
  repo: string
  /** A model by default; what a Space is pushed as runs there, with Gradio. */
  kind?: RepositoryKind
  visibility: 'public' | 'private'
  /** What the commit says. */
  title: string
  /** Another hub than Hugging Face's. */
  endpoint?: string
}

export interface Pushed {
  /** Of the repository's page. */
  url: string
  /** Hex. */
  commit: string
}
