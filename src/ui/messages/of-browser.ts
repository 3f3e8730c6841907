import { LANGUAGES, type Language } from '../../protocol/embed.ts'

/** The script decides: `zh-TW`, `zh-HK` and `zh-Hant` are read by the same people, `zh-CN` by others. */
export function ofBrowser(tags: readonly string[]): Language {
  for (const tag of tags) {
    const { language, script } = likely(tag)
    const found = LANGUAGES.find((name) => {
      const ours = likely(name)
      return ours.language === language && ours.script === script
    })
    if (found) return found
  }
  return 'en'
}

function likely(tag: string): { language?: string; script?: string | undefined } {
  try {
    return new Intl.Locale(tag).maximize()
  } catch {
    return {}
  }
}
