import { For, Show } from 'solid-js'
import { shownAddress } from '../../lib/address.ts'
import type { RefusedValue } from '../../runs/link.ts'
import { Button } from '../components/Button.tsx'
import { FailureNotice, Notice } from '../components/Notice.tsx'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** What of the link that opened this page was not heeded, and what it asks for. */
export function LinkNotes() {
  const { link, route } = useApp()
  const from = () => {
    const asked = link.asking()
    return (
      asked && (asked.from === 'hub' ? `huggingface.co/datasets/${asked.dataset}` : shownAddress(asked.url))
    )
  }
  return (
    <>
      <Show when={link.failure()}>
        {(failure) => (
          <div class="banner">
            <FailureNotice failure={failure()} onDismiss={link.dismiss} />
          </div>
        )}
      </Show>
      <Show when={link.told()}>
        {(told) => (
          <div class="banner">
            <Notice tone="warning" title={t(`link.${told().trouble ?? 'refused'}`)} onDismiss={link.dismiss}>
              <Show when={told().trouble}>{(trouble) => <p>{t(`link.${trouble()}Text`)}</p>}</Show>
              <ul>
                <For each={told().refused.slice(0, LISTED)}>{(one) => <li>{why(one)}</li>}</For>
                <Show when={told().refused.length > LISTED}>
                  <li>{t('link.refusedMore', { count: told().refused.length - LISTED })}</li>
                </Show>
              </ul>
            </Notice>
          </div>
        )}
      </Show>
      <Show when={from()}>
        {(from) => (
          <div class="banner">
            <Notice
              tone="info"
              title={t('link.fetch', { from: from() })}
              actions={
                <>
                  <Button kind="primary" onClick={() => void link.fetchData()}>
                    {t('link.fetchYes')}
                  </Button>
                  <Button
                    onClick={() => {
                      link.leaveData()
                      route.go('data')
                    }}
                  >
                    {t('link.fetchNo')}
                  </Button>
                </>
              }
            >
              <p>{t('link.fetchText')}</p>
            </Notice>
          </div>
        )}
      </Show>
    </>
  )
}

const LISTED = 20
const SHOWN = 60
const shortened = (text: string) => (text.length > SHOWN ? `${text.slice(0, SHOWN)} …` : text)

function why({ name, value, why, message }: RefusedValue): string {
  if (why === 'field') return message ?? ''
  return t(`link.why.${why}`, { name: shortened(name), value: shortened(value) })
}
