import { createEffect, createMemo, createResource, createSignal, Match, Show, Switch } from 'solid-js'
import { toFailure } from '../../../protocol/errors.ts'
import type { ExportFormat, RunInfo } from '../../../protocol/studio.ts'
import { Button, LinkButton } from '../../components/Button.tsx'
import { Fold } from '../../components/Fold.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { Section } from '../../components/Page.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { Select } from '../../components/Select.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { recall, remember } from '../../state/memory.ts'
import { hrefOf } from '../../state/route.ts'
import { CheckpointPicker, useCheckpoint } from '../CheckpointPicker.tsx'
import { OpenRun } from '../OpenRun.tsx'
import { SaveRun } from '../SaveRun.tsx'
import { formatsAt, type PlaceId, placesFor, whyAt } from './places.ts'
import { Take } from './Take.tsx'

const WAYS = ['try', 'keep', 'elsewhere'] as const
type Way = (typeof WAYS)[number]

/** A page that others can ask it in. */
const CHAT_PAGE = 'chat-page'
/** What this studio opens again, as a place is described. */
const KEEP = { targets: ['lapidary'], best: ['peft', 'merged'] } as const

/** Try it, keep it, or use it elsewhere: one at a time, each with one thing to press. */
export function Ways(props: { run: RunInfo }) {
  const { studio } = useApp()
  const kept = recall<{ way: Way; place: PlaceId }>('export')
  const [way, setWay] = createSignal<Way>(WAYS.find((known) => known === kept?.way) ?? 'elsewhere')
  const [place, setPlace] = createSignal<PlaceId>(kept?.place ?? 'transformers')
  createEffect(() => remember('export', { way: way(), place: place() }))
  const checkpoint = useCheckpoint(() => props.run)
  const [formats, { refetch }] = createResource(() => studio.runs.exportFormats())
  const known = () => (formats.error ? undefined : formats.latest)
  /** It never had a checkpoint in this browser, and is looked at only. */
  const bare = () =>
    checkpoint.kept()?.length === 0 &&
    !props.run.unkept &&
    (props.run.begins || props.run.opened) !== undefined

  return (
    <div class="stack">
      <Segmented
        label={t('export.way')}
        options={WAYS.map((value) => ({ value, label: t(`export.way.${value}`) }))}
        value={way()}
        onChange={setWay}
      />
      <Section title={t(`export.${way()}.title`)} lede={t(`export.${way()}.lede`)}>
        <CheckpointPicker run={props.run} of={checkpoint} />
        <Show when={formats.error}>
          <FailureNotice
            failure={toFailure(formats.error)}
            actions={<Button onClick={() => void refetch()}>{t('action.retry')}</Button>}
          />
        </Show>
        <Show when={bare()}>
          <Notice
            tone="info"
            title={t('export.bare')}
            {...(props.run.begins && {
              actions: <LinkButton href={hrefOf('train')}>{t('picker.toTrain')}</LinkButton>,
            })}
          >
            <p>{t(props.run.begins ? 'export.bare.begins' : 'runFile.lacks.checkpoint')}</p>
          </Notice>
        </Show>
        <Switch>
          <Match when={bare()}>
            <Show when={way() === 'keep'}>
              <KeepRun run={props.run} />
            </Show>
          </Match>
          <Match when={way() === 'try'}>
            <div>
              <LinkButton href={hrefOf('evaluate')} kind="primary" iconEnd="right">
                {t('export.try.ask')}
              </LinkButton>
            </div>
            <Show when={known()?.filter(({ id }) => id === CHAT_PAGE)}>
              {(pages) => (
                <Show when={pages().length > 0}>
                  <Fold summary={t('export.try.others')}>
                    <Take
                      run={props.run}
                      checkpoint={checkpoint}
                      formats={pages()}
                      why={null}
                      targets={['web']}
                      main={false}
                    />
                  </Fold>
                </Show>
              )}
            </Show>
          </Match>
          <Match when={way() === 'keep' && known()}>
            {(list) => (
              <>
                <KeepRun run={props.run} />
                <Take
                  run={props.run}
                  checkpoint={checkpoint}
                  formats={formatsAt(KEEP, list())}
                  why={t('export.why.keep')}
                  targets={KEEP.targets}
                  main={false}
                />
              </>
            )}
          </Match>
          <Match when={way() === 'elsewhere' && known()}>
            {(list) => (
              <Elsewhere
                run={props.run}
                checkpoint={checkpoint}
                formats={list()}
                place={place()}
                setPlace={setPlace}
              />
            )}
          </Match>
        </Switch>
      </Section>
    </div>
  )
}

/** The whole run as a file, and one that was saved opened again. */
function KeepRun(props: { run: RunInfo }) {
  const [saving, setSaving] = createSignal(false)
  return (
    <div class="stack-s">
      <h3>{t('runFile.save')}</h3>
      <p>{t('runFile.lede')}</p>
      <Button kind="primary" icon="export" large class="start" onClick={() => setSaving(true)}>
        {t('runFile.save')}
      </Button>
      <OpenRun />
      <Show when={saving()}>
        <SaveRun run={props.run} onClose={() => setSaving(false)} />
      </Show>
    </div>
  )
}

function Elsewhere(props: {
  run: RunInfo
  checkpoint: ReturnType<typeof useCheckpoint>
  formats: ExportFormat[]
  place: PlaceId
  setPlace: (place: PlaceId) => void
}) {
  const places = createMemo(() => placesFor(props.formats))
  const place = () => places().find(({ id }) => id === props.place) ?? places()[0]!
  const formats = createMemo(() => formatsAt(place(), props.formats))
  const why = () => {
    const key = whyAt(place().id, formats()[0]!.id)
    return key && t(key as 'export.title')
  }
  return (
    <>
      <Select
        label={t('export.place')}
        options={places().map(({ id }) => ({
          value: id,
          label: t(`export.place.${id}`),
          description: t(`export.placeNote.${id}`),
        }))}
        value={place().id}
        onChange={props.setPlace}
      />
      {/* Made anew for each place, so that what was chosen for another does not stay. */}
      <Show when={place().id} keyed>
        {(_place) => (
          <Take
            run={props.run}
            checkpoint={props.checkpoint}
            formats={formats()}
            why={why()}
            targets={place().run ?? place().targets}
            push={place().targets.includes('hub')}
            main
          />
        )}
      </Show>
    </>
  )
}
