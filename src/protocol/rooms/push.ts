/** Where an export is pushed to. */
export interface PushRequest {
  /** OWNER/NAME, which is made. */
  repo: string
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
