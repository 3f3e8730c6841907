import {
  createEffect,
  createMemo,
  createResource,
  createSignal,
  createUniqueId,
  For,
  on,
  Show,
} from 'solid-js'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import { commitTitle, kindOfFormat } from '../../../protocol/rooms/push.ts'
import type { ExportedFile, ExportFormat, ExportTarget, RunInfo, Snippet } from '../../../protocol/studio.ts'
import { Button, LinkButton } from '../../components/Button.tsx'
import { Fold } from '../../components/Fold.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import { formatBytes } from '../../messages/format.ts'
import { said } from '../../messages/said.ts'
import { sentences } from '../../messages/sentences.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { withProof } from '../../state/proofs.ts'
import { hrefOf } from '../../state/route.ts'
import { saveFile } from '../../state/save.ts'
import type { useCheckpoint } from '../CheckpointPicker.tsx'
import { DownloadState } from '../DownloadState.tsx'
import { FileList, sizeOf } from './FileList.tsx'
import { Proof } from './Proof.tsx'
import { Push } from './Push.tsx'
import { hasCard } from './places.ts'
import { ShownRows } from './ShownRows.tsx'
import { SnippetView } from './SnippetView.tsx'

export interface TakeProps {
  run: RunInfo
  checkpoint: ReturnType<typeof useCheckpoint>
  /** To choose from, the recommended one first. */
  formats: ExportFormat[]
  /** Why that one. */
  why: string | null
  /** Where it goes: snippets for other places are not shown. */
  targets: readonly ExportTarget[]
  /** Whether it can be pushed to the Hub from here. */
  push?: boolean
  /** Whether its download is what the page is for. */
  main: boolean
}

/** A run's files in one of a few formats, one of them recommended: a press for all of them, and what runs them. */
export function Take(props: TakeProps) {
  const { studio, downloads, models, proofs, runs } = useApp()
  const [wanted, setWanted] = createSignal<string | null>(null)
  const [files, setFiles] = createSignal<ExportedFile[] | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const format = () => props.formats.find(({ id }) => id === wanted()) ?? props.formats[0]!
  const recommended = () => format() === props.formats[0]
  /** A run that another tab trains takes steps all the time, and saves only some. */
  const step = () => props.checkpoint.chosen()?.step ?? props.run.step
  const key = createMemo(() => {
    const { run, checkpoint } = props
    const card = hasCard(format().id) ? JSON.stringify(run.shown ?? []) : ''
    // Another tab may delete its base, or add it again.
    const base = run.lacks ? 'no base' : ''
    return `${run.id} ${step()} ${format().id} ${checkpoint.known() ? checkpoint.which() : ''} ${base} ${card}`
  })

  async function read(): Promise<void> {
    const asked = key()
    setFailure(null)
    if (!props.checkpoint.known()) return
    try {
      const found = await studio.runs.exportRun(props.run.id, format().id, props.checkpoint.which())
      if (key() === asked) setFiles(found)
    } catch (error) {
      if (key() === asked) setFailure(toFailure(error))
    }
  }
  createEffect(
    on(key, () => {
      setFiles(null)
      void read()
    }),
  )
  // A download makes the proof that files have from then on; what there was stays in view meanwhile.
  createEffect(on(proofs.made, () => void read(), { defer: true }))

  const of = () =>
    props.checkpoint.known()
      ? {
          ...{ run: props.run.id, which: props.checkpoint.which(), at: step() },
          base: props.run.lacks === undefined,
        }
      : null
  const [snippets] = createResource(
    () => JSON.stringify(of()),
    async (): Promise<Snippet[]> => {
      const asked = of()
      // What they say is in the folder's README.md too.
      return asked ? studio.runs.exportSnippets(asked.run, asked.which).catch(() => []) : []
    },
  )
  const fitting = () => {
    const fit = (snippets.loading ? [] : (snippets() ?? [])).filter(
      ({ target, formats }) => formats.includes(format().id) && props.targets.includes(target),
    )
    return fit.sort((a, b) => props.targets.indexOf(a.target) - props.targets.indexOf(b.target))
  }
  const download = (list: ExportedFile[]) => {
    const step = props.checkpoint.which() === 'best' ? (props.checkpoint.chosen()?.step ?? null) : null
    void downloads.run(props.run, format().id, { files: list, step, proven: format().proven > 0 })
  }
  /** What a push sends: the files as they are shown, with the proof that a download would make. */
  const taken = async (): Promise<ExportedFile[]> => {
    const [list, { run, checkpoint }] = [files() ?? [], props]
    const asked = { run: run.id, format: format().id, which: checkpoint.which() }
    return format().proven > 0 ? withProof(list, asked, { studio, proofs }) : list
  }
  /** The run's name is a person's own, and stays here. */
  const title = () => {
    const { config, lacks } = props.run
    const base = lacks ?? models.list().find(({ id }) => id === config.model.id)
    return commitTitle(base?.name ?? 'Gemma', format().name, step())
  }
  /** A run or a model that is being downloaded meanwhile: only one is at a time. */
  const nameOf = (id: string) => {
    const other = runs.byId(id)
    return other ? runs.label(other) : models.list().find((model) => model.id === id)?.name
  }
  /** What is being made of another one, and why nothing came of one that was deleted meanwhile, which has no other place. */
  const other = () => {
    const of = downloads.last()
    if (of === null || of === props.run.id) return null
    return of === downloads.making() || nameOf(of) === undefined ? of : null
  }
  /** A card says it by itself. */
  const names = (list: ExportedFile[]) =>
    !hasCard(format().id) && list.some(({ path }) => path === 'README.md')
  /** proof.json and check.py, which come with the first download. */
  const toCome = (list: ExportedFile[]) =>
    props.run.lacks || list.some(({ path }) => path === 'proof.json') ? 0 : format().proven
  const one = (file: ExportedFile) => void saveFile(file).catch((error) => setFailure(toFailure(error)))

  return (
    <div class="stack">
      <div class="stack-s">
        <h3>
          {said(format().name)}
          <Show when={recommended() && props.formats.length > 1}>
            {' '}
            <span class="badge-plain">{t('export.recommended')}</span>
          </Show>
        </h3>
        <p>
          <WithCommands text={(recommended() && props.why) || said(format().about)} />
        </p>
      </div>
      <DownloadState of={props.run.id} />
      <Show when={other()}>{(of) => <DownloadState of={of()} name={nameOf(of())} />}</Show>
      <Show when={failure()}>
        {(problem) => (
          <FailureNotice
            failure={problem()}
            actions={
              // Once its base is here it is read again by itself.
              <Show
                when={props.run.lacks}
                fallback={<Button onClick={() => void read()}>{t('action.retry')}</Button>}
              >
                <LinkButton href={hrefOf('model')}>{t('open.to.model')}</LinkButton>
              </Show>
            }
          />
        )}
      </Show>
      <Show when={!failure() && !files()}>
        <Progress label={t('export.reading')} share={null} />
      </Show>
      <Show when={files()}>
        {(list) => (
          <div class="stack-s">
            <Button
              kind={props.main ? 'primary' : 'plain'}
              icon="export"
              large={props.main}
              class="start"
              disabled={downloads.making() !== null}
              onClick={() => download(list())}
            >
              {t(format().id === 'peft' ? 'export.download' : 'export.downloadOther', {
                size: formatBytes(sizeOf(list())),
              })}
            </Button>
            <p class="hint">
              {sentences(
                t('export.asFolder', { count: list().length + toCome(list()) }),
                names(list()) &&
                  t(list().some(({ path }) => path === 'run.json') ? 'shown.names' : 'export.names'),
              )}
            </p>
          </div>
        )}
      </Show>
      <Show when={files() && format().proven > 0}>
        <Proof run={props.run} ofPage={format().proven === 1} />
      </Show>
      <Show when={hasCard(format().id)}>
        <ShownRows run={props.run} />
      </Show>
      <Show when={props.push}>
        <Push
          take={taken}
          shown={hasCard(format().id) ? (props.run.shown ?? []) : null}
          title={title()}
          kind={kindOfFormat(format().id)}
          disabled={!files() || downloads.making() !== null}
        />
      </Show>
      <For each={fitting()}>{(snippet) => <SnippetView snippet={snippet} />}</For>
      <div class="stack-s">
        <Show when={props.formats.length > 1}>
          <Fold summary={t('export.others', { count: props.formats.length - 1 })}>
            <Formats formats={props.formats} value={format().id} onChange={setWanted} />
          </Fold>
        </Show>
        <Show when={files()}>
          {(list) => (
            <Fold summary={t('export.each', { count: list().length })}>
              <Show when={recommended() && props.why}>
                <p class="hint">{said(format().about)}</p>
              </Show>
              <Show when={toCome(list()) > 0}>
                <p class="hint">{t('export.eachLater', { count: toCome(list()) })}</p>
              </Show>
              <FileList files={list()} onSave={one} />
            </Fold>
          )}
        </Show>
      </div>
    </div>
  )
}

/** A line for the command line goes to the next one whole. */
function WithCommands(props: { text: string }) {
  return (
    <For each={props.text.split(/(npm run [a-z]+ -- --[a-z-]+ [A-Z]+)/)}>
      {(part, at) => (at() % 2 === 1 ? <code class="command">{part}</code> : part)}
    </For>
  )
}

function Formats(props: { formats: ExportFormat[]; value: string; onChange: (id: string) => void }) {
  const group = createUniqueId()
  return (
    <fieldset class="choices">
      <legend class="visually-hidden">{t('export.format')}</legend>
      <For each={props.formats}>
        {(format, at) => (
          <div class="choice-row">
            <label class="choice">
              <input
                type="radio"
                name={group}
                checked={props.value === format.id}
                onChange={() => props.onChange(format.id)}
              />
              <div>
                <h4>
                  {said(format.name)}
                  <Show when={at() === 0}>
                    {' '}
                    <span class="badge-plain">{t('export.recommended')}</span>
                  </Show>
                </h4>
                <p class="small">{said(format.about)}</p>
              </div>
            </label>
          </div>
        )}
      </For>
    </fieldset>
  )
}
