import { createSignal, createUniqueId } from 'solid-js'
import type { Snippet } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { t } from '../../messages/t.ts'

/** Lines to copy, that run what was downloaded. */
export function SnippetView(props: { snippet: Snippet }) {
  const [copied, setCopied] = createSignal(false)
  const id = createUniqueId()
  let text!: HTMLPreElement
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(props.snippet.text)
      setCopied(true)
    } catch {
      // Pages that were not opened over https have no clipboard: what is marked can be copied by key.
      getSelection()?.selectAllChildren(text)
      text.focus()
    }
  }
  return (
    <div class="stack-s">
      <div class="row-between">
        <h3 class="label" id={id}>
          {t('export.snippet', {
            target: t(`export.target.${props.snippet.target}`),
            language: t(`export.language.${props.snippet.language}`),
          })}
        </h3>
        <Button kind="quiet" onClick={() => void copy()}>
          {t('export.copy')}
        </Button>
      </div>
      {/* Long lines are scrolled by key, too. */}
      <section class="snippet" aria-labelledby={id} tabindex="0">
        <pre ref={text} tabindex="-1">
          {props.snippet.text}
        </pre>
      </section>
      <p class="hint" role="status">
        {copied() ? t('export.copied') : ''}
      </p>
    </div>
  )
}
