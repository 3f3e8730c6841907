import { createSignal, createUniqueId, For, Show } from 'solid-js'
import type { ModelInfo } from '../../../protocol/studio.ts'
import { baseKind } from '../../../runs/base-kind.ts'
import { Button, IconButton } from '../../components/Button.tsx'
import { ConfirmDelete } from '../../components/ConfirmDelete.tsx'
import { FileDrop, PickFiles } from '../../components/FileDrop.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Next, PageHead, Section } from '../../components/Page.tsx'
import { Progress } from '../../components/Progress.tsx'
import { formatBytes, formatLarge } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { DownloadFailure } from '../DownloadFailure.tsx'
import { Device } from './Device.tsx'

export function ModelPage() {
  const { models, data, downloads } = useApp()
  const [removing, setRemoving] = createSignal<ModelInfo | null>(null)
  const group = createUniqueId()
  const facts = (model: ModelInfo) =>
    [
      t('model.parameters', { count: formatLarge(model.parameters) }),
      model.bytes > 0 ? t('model.stored', { size: formatBytes(model.bytes) }) : t('model.bundled'),
      t('model.layers', { count: model.config.layers.length }),
    ].join(' · ')

  const add = (files: File[], folder: string | null) => void models.add(files, folder)

  return (
    <>
      <PageHead title={t('model.title')} lede={t('model.lede')} />
      <div class="stack-l">
        <Section title={t('model.choose')} hideTitle>
          <Show when={models.listFailure()}>
            {(failure) => (
              <FailureNotice
                failure={failure()}
                actions={<Button onClick={() => void models.refresh()}>{t('action.retry')}</Button>}
              />
            )}
          </Show>
          <fieldset class="choices" hidden={models.list().length === 0}>
            <legend class="visually-hidden">{t('model.choose')}</legend>
            <For each={models.list()}>
              {(model) => (
                <div class="choice-row">
                  <label class="choice">
                    <input
                      type="radio"
                      name={group}
                      checked={models.chosenId() === model.id}
                      onChange={() => models.choose(model.id)}
                    />
                    <div>
                      <h3>{model.name}</h3>
                      <p>{model.practice ? t('model.practice') : t('model.gemma')}</p>
                      <Show when={!model.practice}>
                        <p>{t(`model.${baseKind(model)}`)}</p>
                      </Show>
                      <Show when={model.config.leftOut}>
                        <p>{t('model.leftOut')}</p>
                      </Show>
                      <p class="small">{facts(model)}</p>
                    </div>
                  </label>
                  <Show when={model.practice}>
                    <IconButton
                      icon="export"
                      label={t('model.download', { name: model.name })}
                      disabled={downloads.making() !== null}
                      onClick={() => void downloads.model(model)}
                    />
                  </Show>
                  <Show when={!model.practice}>
                    <IconButton
                      icon="trash"
                      label={t('model.remove', { name: model.name })}
                      onClick={() => setRemoving(model)}
                    />
                  </Show>
                </div>
              )}
            </For>
          </fieldset>
          <For each={models.list()}>{(model) => <DownloadFailure of={model.id} />}</For>
        </Section>

        <Section title={t('model.add.title')} lede={t('model.add.lede')}>
          <Show when={models.failure()}>
            {(failure) => <FailureNotice failure={failure()} onDismiss={() => models.report(null)} />}
          </Show>
          <Show
            when={models.adding()}
            fallback={
              <FileDrop label={t('model.add.folder')} hint={t('model.add.hint')} directory onFiles={add}>
                <PickFiles label={t('model.add.files')} multiple onFiles={add} />
              </FileDrop>
            }
          >
            {(progress) => (
              <div class="stack-s">
                <Progress
                  label={progress().note || t('model.adding', { name: progress().name })}
                  share={progress().share}
                />
                <div class="row">
                  <Button onClick={progress().stop}>{t('action.stop')}</Button>
                </div>
              </div>
            )}
          </Show>
        </Section>

        <Device />
      </div>
      <Next to="train" ready={data.dataset() !== null && models.chosen() !== null} />

      <ConfirmDelete
        title={t('model.removeTitle')}
        what={removing()}
        text={({ name, bytes }) => t('model.removeText', { name, size: formatBytes(bytes) })}
        onDelete={({ id }) => void models.remove(id)}
        onClose={() => setRemoving(null)}
      />
    </>
  )
}
