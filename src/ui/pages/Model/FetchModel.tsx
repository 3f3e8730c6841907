import { Show } from 'solid-js'
import { HUB_ENDPOINT, modelAddressText } from '../../../protocol/model-address.ts'
import type { RemoteAdapter, RemoteModel } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { TextField } from '../../components/Field.tsx'
import { ListField } from '../../components/ListField.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import { formatBytes, formatLarge } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { FOUND } from '../../state/shelf.ts'
import { TokenField } from './HubAccount.tsx'
import { Licence, Prospects } from './ModelFacts.tsx'

/** A model by its name or link: looked at first, then fetched at a press. */
export function FetchModel() {
  const { shelf, startAdapter, studio } = useApp()
  const { lookup } = shelf
  async function look(): Promise<void> {
    await lookup.look()
    const asked = lookup.asked()
    const get = async () => adapterFiles(await studio.models.fetchAdapter(asked!))
    if (asked && startAdapter.takeMisplaced(lookup.failure(), get)) lookup.close()
  }
  return (
    <div class="stack">
      <form
        class="stack-s"
        onSubmit={(event) => {
          event.preventDefault()
          if (lookup.text().trim() !== '') void look()
        }}
      >
        <TextField
          label={t('fetch.field')}
          hint={t('fetch.hint')}
          value={lookup.text()}
          onChange={lookup.setText}
        />
        <div class="row">
          <Button type="submit" disabled={lookup.text().trim() === '' || lookup.busy()}>
            {t('fetch.look')}
          </Button>
        </div>
      </form>
      <Show when={lookup.busy()}>
        <Progress label={t('fetch.looking')} share={null} />
      </Show>
      <Show when={lookup.failure()}>
        {(failure) => <FailureNotice failure={failure()} onDismiss={lookup.close} />}
      </Show>
      <Show when={lookup.found()}>{(found) => <Found model={found()} />}</Show>
    </div>
  )
}

/** As if they were chosen here. */
function adapterFiles({ name, files: { config, tensors, template } }: RemoteAdapter) {
  const files = [
    new File([JSON.stringify(config)], 'adapter_config.json'),
    new File([tensors], 'adapter_model.safetensors'),
    ...(template === undefined ? [] : [new File([template], 'chat_template.jinja')]),
  ]
  return { files, name }
}

function Found(props: { model: RemoteModel }) {
  const { models, shelf } = useApp()
  const { lookup, downloads } = shelf
  const size = () => formatBytes(props.model.bytes)
  const page = () => {
    const { address } = props.model
    return address.kind === 'hub' ? `${address.endpoint ?? HUB_ENDPOINT}/${address.repo}` : null
  }
  const facts = () => [
    ...(props.model.parameters === null
      ? []
      : [t('model.parameters', { count: formatLarge(props.model.parameters) })]),
    props.model.here > 0
      ? t('fetch.here', { size: size(), here: formatBytes(props.model.here) })
      : t('shelf.size', { size: size() }),
    t(`fetch.format.${props.model.format}`),
    ...(props.model.format === 'gguf' && props.model.readable
      ? [t('fetch.keeps', { size: formatBytes(props.model.keeps) })]
      : []),
  ]
  function pick(file: string): void {
    const { address } = props.model
    if (address.kind === 'hub') void lookup.look({ ...address, file })
  }
  const picked = () => (props.model.address.kind === 'hub' ? props.model.address.file : undefined)
  return (
    <section class="panel stack-s" aria-label={t('fetch.found', { name: props.model.name })}>
      <h3>{props.model.name}</h3>
      <p class="small quiet wrap">{modelAddressText(props.model.address)}</p>
      <p class="small">{facts().join(' · ')}</p>
      <Prospects of={FOUND} name={props.model.name} parameters={props.model.parameters ?? 0} />
      <p class="small">
        {t('shelf.licence')} <Licence of={props.model.licence} />
      </p>
      <Show when={(props.model.ggufs?.length ?? 0) > 1}>
        <ListField
          label={t('fetch.file')}
          value={picked() ?? ''}
          onChange={pick}
          options={(props.model.ggufs ?? []).map(({ file, size }) => ({
            value: file,
            label: t('fetch.fileOf', { file, size: formatBytes(size) }),
          }))}
        />
      </Show>
      <Show when={props.model.gated && props.model.readable}>
        <p class="small">{t('fetch.gatedOpen')}</p>
      </Show>
      <Show when={!props.model.readable}>
        <Notice tone="info" title={t('fetch.gated')}>
          <p>{t('fetch.gatedText')}</p>
          <Show when={page()}>
            {(href) => (
              <p>
                <a href={href()} target="_blank" rel="noreferrer">
                  {t('fetch.page')}
                </a>
              </p>
            )}
          </Show>
        </Notice>
        <TokenField />
      </Show>
      <div class="row">
        <Show
          when={props.model.stored}
          fallback={
            <Button
              kind="primary"
              icon="export"
              disabled={!props.model.readable || downloads.now() !== null}
              onClick={() => {
                const { address, name } = props.model
                lookup.close()
                void downloads.start(address, name)
              }}
            >
              {t('shelf.download', { size: formatBytes(props.model.bytes - props.model.here) })}
            </Button>
          }
        >
          {(id) => (
            <>
              <p>{t('fetch.stored', { name: models.list().find((one) => one.id === id())?.name ?? id() })}</p>
              <Button
                onClick={() => {
                  models.choose(id())
                  lookup.close()
                }}
              >
                {t('fetch.choose')}
              </Button>
            </>
          )}
        </Show>
        <Button kind="quiet" onClick={lookup.close}>
          {t('fetch.close')}
        </Button>
      </div>
    </section>
  )
}
