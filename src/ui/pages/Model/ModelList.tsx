import { createSignal, createUniqueId, For, Show } from 'solid-js'
import type { ModelInfo, OfferedModel } from '../../../protocol/studio.ts'
import { baseKind } from '../../../runs/base-kind.ts'
import { Button, IconButton } from '../../components/Button.tsx'
import { Fold } from '../../components/Fold.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { formatBytes, formatLarge } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { DownloadState } from '../DownloadState.tsx'
import { Licence, Origin, Prospects } from './ModelFacts.tsx'
import { RemoveModel, type Removing } from './RemoveModel.tsx'

/** One list: what is here, to choose from, then the Gemma family by size, each a press away. */
export function ModelList() {
  const { models, shelf } = useApp()
  const [removing, setRemoving] = createSignal<Removing | null>(null)
  async function ask(model: ModelInfo): Promise<void> {
    const found = await models.useOf(model)
    if (found) setRemoving({ model, ...found })
  }
  const group = createUniqueId()
  return (
    <>
      <Show when={models.listFailure()}>
        {(failure) => (
          <FailureNotice
            failure={failure()}
            actions={<Button onClick={() => void models.refresh()}>{t('action.retry')}</Button>}
          />
        )}
      </Show>
      {/* Models that are stored here are listed without its server; it comes with the page, and is not. */}
      <Show when={models.list().length > 0 && !models.list().some(({ practice }) => practice)}>
        <Notice
          tone="info"
          title={t('model.practiceAway')}
          actions={<Button onClick={() => void models.refresh()}>{t('action.retry')}</Button>}
        >
          <p>{t('model.practiceAwayText')}</p>
        </Notice>
      </Show>
      <fieldset class="choices" hidden={models.list().length === 0}>
        <legend class="visually-hidden">{t('model.choose')}</legend>
        <For each={models.list()}>
          {(model) => <Here model={model} group={group} onRemove={() => void ask(model)} />}
        </For>
        <For each={shelf.offered()}>{(model) => <Offered model={model} />}</For>
      </fieldset>
      <For each={models.list()}>{(model) => <DownloadState of={model.id} />}</For>
      <RemoveModel of={removing()} onClose={() => setRemoving(null)} />
    </>
  )
}

function Here(props: { model: ModelInfo; group: string; onRemove: () => void }) {
  const { models, downloads } = useApp()
  const facts = () =>
    [
      t('model.parameters', { count: formatLarge(props.model.parameters) }),
      props.model.bytes > 0
        ? t('model.stored', { size: formatBytes(props.model.bytes) })
        : t('model.bundled'),
      t('model.layers', { count: props.model.config.layers.length }),
    ].join(' · ')
  return (
    <div class="choice-row">
      <div class="choice-body">
        <label class="choice">
          <input
            type="radio"
            name={props.group}
            checked={models.chosenId() === props.model.id}
            onChange={() => models.choose(props.model.id)}
          />
          <div>
            <h3>{props.model.name}</h3>
            <Show when={props.model.practice} fallback={<p>{t(`model.${baseKind(props.model)}`)}</p>}>
              <p>{t('model.practice')}</p>
            </Show>
            <Show when={props.model.config.leftOut}>
              <p>{t('model.leftOut')}</p>
            </Show>
            <Show when={props.model.replaced?.includes('tokenizer_config.json')}>
              <p>{t('model.noSettings')}</p>
            </Show>
            <p class="small">{facts()}</p>
            <Prospects of={props.model.id} name={props.model.name} parameters={props.model.parameters} />
          </div>
        </label>
        <Show when={!props.model.practice}>
          <Fold summary={t('shelf.details')} small>
            <div class="stack-s">
              <dl class="facts">
                <dt>{t('shelf.origin')}</dt>
                <dd>
                  <Origin of={props.model.origin} />
                </dd>
                <dt>{t('shelf.licence')}</dt>
                <dd>
                  <Licence of={props.model.licence} />
                </dd>
                <Show when={props.model.replaced?.includes('chat template')}>
                  <dt>{t('shelf.template')}</dt>
                  <dd>{t('shelf.noTemplate')}</dd>
                </Show>
                <dt>{t('shelf.hash')}</dt>
                <dd class="mono small wrap">{props.model.hash}</dd>
              </dl>
              <Button
                class="start"
                disabled={downloads.making() !== null}
                onClick={() => void downloads.model(props.model, 'plain')}
              >
                {t('shelf.plain')}
              </Button>
              <p class="hint">{t('shelf.plainHint')}</p>
            </div>
          </Fold>
        </Show>
      </div>
      <IconButton
        icon="export"
        label={t('model.download', { name: props.model.name })}
        disabled={downloads.making() !== null}
        onClick={() => void downloads.model(props.model, 'stored')}
      />
      <Show when={!props.model.practice}>
        <IconButton
          icon="trash"
          label={t('model.remove', { name: props.model.name })}
          onClick={props.onRemove}
        />
      </Show>
    </div>
  )
}

function Offered(props: { model: OfferedModel }) {
  const { shelf } = useApp()
  const free = () => props.model.repos.find(({ gated }) => !gated) ?? props.model.repos[0]!
  const makers = () => props.model.repos.find(({ gated }) => gated)
  const size = () => formatBytes(props.model.bytes)
  return (
    <div class="choice-row">
      <div class="choice-body">
        <div class="choice still">
          <div>
            <h3>{props.model.name}</h3>
            <p>{t(`shelf.about.${props.model.made}`)}</p>
            <Show when={props.model.unused > 0}>
              <p>{t('shelf.unused')}</p>
            </Show>
            <p class="small">
              {[
                t('model.parameters', { count: formatLarge(props.model.parameters) }),
                t('shelf.size', { size: size() }),
                t('model.layers', { count: props.model.config.layers.length }),
              ].join(' · ')}
            </p>
            <Prospects of={props.model.name} name={props.model.name} parameters={props.model.parameters} />
          </div>
          <Button
            icon="export"
            aria-label={t('shelf.downloadName', { name: props.model.name, size: size() })}
            disabled={shelf.downloads.now() !== null}
            onClick={() => void shelf.downloads.start(shelf.addressOf(free().repo), props.model.name)}
          >
            {t('shelf.download', { size: size() })}
          </Button>
        </div>
        <Fold summary={t('shelf.more')} small>
          <div class="stack-s">
            <p>
              {t('shelf.licence')} <Licence of={props.model.licence} />
            </p>
            <p>{t('shelf.copy', { repo: free().repo })}</p>
            <Show when={makers()}>
              {(own) => (
                <>
                  <p>{t('shelf.makers', { repo: own().repo })}</p>
                  <Button class="start" onClick={() => void shelf.lookup.look(shelf.addressOf(own().repo))}>
                    {t('shelf.look', { repo: own().repo })}
                  </Button>
                </>
              )}
            </Show>
          </div>
        </Fold>
      </div>
    </div>
  )
}
