import { createMemo, createSignal, For, Show } from 'solid-js'
import type { DatasetInfo } from '../../../protocol/studio.ts'
import { Button, IconButton } from '../../components/Button.tsx'
import { pathOf } from '../../components/dropped.ts'
import { FileDrop, PickFiles } from '../../components/FileDrop.tsx'
import { Hint } from '../../components/Hint.tsx'
import { Icon } from '../../components/Icon.tsx'
import { loadedLater } from '../../components/loaded.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { PageHead, Section } from '../../components/Page.tsx'
import { t, translated } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { packAmong } from '../../state/packs.ts'
import { Away } from '../Away.tsx'
import { OtherWays } from './OtherWays.tsx'
import { RaiseLimit } from './RaiseLimit.tsx'
import { ReadOptionsFold } from './ReadOptions.tsx'

const Reading = loadedLater(() => import('./Reading.tsx').then((part) => part.Reading))
const RemoveData = loadedLater(() => import('./RemoveData.tsx').then((part) => part.RemoveData))

export function ChooseData() {
  const { data, packs, runs, shown, training, route, hints } = useApp()
  const newcomer = () => runs.list().length === 0
  /** Samples are kept too once opened; they have their own list. */
  const stored = () =>
    data.stored().filter((info) => !data.samples().some((sample) => info.id === `sample-${sample.id}`))
  const [removing, setRemoving] = createSignal<DatasetInfo | null>(null)
  const asked = createMemo<boolean>((before) => before || removing() !== null, false)
  /** System files that lie about in folders are no data. */
  const openAll = async (files: File[]) => {
    const pack = shown.embedded ? undefined : await packAmong(files)
    if (pack) return void packs.open(pack)
    const given = files.filter(({ name }) => !name.startsWith('.'))
    if (given.length > 0) void data.openFiles(given.map((file) => ({ file, path: pathOf(file) })))
  }
  const begin = () => {
    hints.begin()
    route.go('train')
    void training.demonstrate()
  }

  return (
    <>
      <Show when={newcomer()} fallback={<PageHead title={t('data.title')} lede={t('data.lede')} />}>
        <div class="hero">
          <h1 tabindex="-1">{t('hero.title')}</h1>
          <p>{t('hero.lede')}</p>
          <div class="row">
            <Button kind="primary" icon="play" large onClick={begin} disabled={training.busy()}>
              {t('hero.begin')}
            </Button>
            <span class="quiet small">{t('hero.note')}</span>
          </div>
        </div>
      </Show>

      <div class="two">
        <div class="stack-l">
          <Section title={t('data.own.title')} lede={t('data.own.lede')}>
            <Show when={!newcomer()}>
              <Hint id="own" />
            </Show>
            <Show when={data.failure()}>
              {(failure) => (
                <FailureNotice
                  failure={failure()}
                  actions={<RaiseLimit failure={failure()} />}
                  onDismiss={() => data.report(null)}
                />
              )}
            </Show>
            <Show
              when={data.opening()}
              fallback={
                <FileDrop label={t('data.own.pick')} hint={t('data.own.hint')} multiple onFiles={openAll}>
                  <PickFiles label={t('data.own.folder')} directory onFiles={openAll} />
                </FileDrop>
              }
            >
              {(opening) => <Reading opening={opening()} />}
            </Show>
            {/* Outside of what changes while reading, so that nothing typed is lost. */}
            <OtherWays />
            <Away />
            <ReadOptionsFold />
          </Section>

          <Show when={stored().length > 0}>
            <Section title={t('data.stored.title')}>
              <ul class="files">
                <For each={stored()}>
                  {(info) => (
                    <li>
                      <Button kind="quiet" onClick={() => data.reopen(info)}>
                        {data.title(info)}
                      </Button>
                      <span class="quiet small push nowrap">{t('rows', { count: info.rows })}</span>
                      <IconButton
                        icon="trash"
                        label={t('data.stored.remove', { name: data.title(info) })}
                        onClick={() => setRemoving(info)}
                      />
                    </li>
                  )}
                </For>
              </ul>
            </Section>
          </Show>
        </div>
        <Section title={t('data.samples.title')}>
          <div class="choices">
            <For each={data.samples()}>
              {(sample) => (
                <button type="button" class="choice" onClick={() => void data.openSample(sample.id)}>
                  <div>
                    <h3>{translated(`sample.${sample.id}.title`, sample.title)}</h3>
                    <p>{translated(`sample.${sample.id}.summary`, sample.summary)}</p>
                  </div>
                  <span class="quiet small nowrap">{t('rows', { count: sample.rows })}</span>
                  <Icon name="right" />
                </button>
              )}
            </For>
          </div>
        </Section>
      </div>
      <Show when={asked()}>
        <RemoveData what={removing()} onClose={() => setRemoving(null)} />
      </Show>
    </>
  )
}
