import { createSignal, onCleanup, Show } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { OpenedRun } from '../../protocol/studio.ts'
import { FileDrop } from '../components/FileDrop.tsx'
import { FailureNotice, Notice } from '../components/Notice.tsx'
import { Progress } from '../components/Progress.tsx'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import { isEmpty, RunFileCounts } from './RunFileCounts.tsx'

/** Opens the file of a run as a run of its own, and says what of it is not in this browser. */
export function OpenRun(props: { onOpened?: (run: string) => void }) {
  const { studio, runs } = useApp()
  const [share, setShare] = createSignal<number | null | undefined>()
  const [opened, setOpened] = createSignal<OpenedRun | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const stop = new AbortController()
  onCleanup(() => stop.abort())

  /** What the file of a run did not hold; null: all of it was there. */
  const leftOut = (run: string) => {
    const of = runs.byId(run)?.opened?.leftOut
    return of && !isEmpty(of) ? of : null
  }

  async function open(files: File[]): Promise<void> {
    setOpened(null)
    setFailure(null)
    setShare(null)
    try {
      for (const file of files) {
        const found = await studio.runs.openRunFile(file, file.name, {
          signal: stop.signal,
          onProgress: (progress) => setShare(progress.share),
        })
        await runs.refresh()
        setOpened(found)
        props.onOpened?.(found.run)
      }
    } catch (error) {
      const problem = toFailure(error)
      if (problem.code !== 'cancelled') setFailure(problem)
    } finally {
      setShare(undefined)
    }
  }

  return (
    <div class="stack-s">
      <FileDrop
        label={t('runFile.open')}
        hint={t('runFile.openHint')}
        accept=".zip"
        multiple
        disabled={share() !== undefined}
        onFiles={(files) => void open(files)}
      />
      <Show when={share() !== undefined}>
        <Progress label={t('runFile.checking')} share={share() ?? null} />
      </Show>
      <Show when={failure()}>
        {(problem) => <FailureNotice failure={problem()} onDismiss={() => setFailure(null)} />}
      </Show>
      <Show when={opened()}>
        {(run) => (
          <Notice
            tone="success"
            title={t('runFile.opened', { name: run().name })}
            onDismiss={() => setOpened(null)}
          >
            <Lacks of={run().lacks} />
            <Show when={leftOut(run().run)}>
              {(of) => (
                <dl class="facts">
                  <dt>{t('runFile.leaves')}</dt>
                  <dd>
                    <RunFileCounts of={of()} />
                  </dd>
                </dl>
              )}
            </Show>
          </Notice>
        )}
      </Show>
    </div>
  )
}

function Lacks(props: { of: OpenedRun['lacks'] }) {
  return (
    <>
      <Show when={props.of.model}>
        {(model) => <p>{t('runFile.lacks.model', { name: model().name })}</p>}
      </Show>
      <Show when={props.of.data}>{(name) => <p>{t('runFile.lacks.data', { name: name() })}</p>}</Show>
      <Show when={props.of.checkpoint}>
        <p>{t('runFile.lacks.checkpoint')}</p>
      </Show>
      <Show when={props.of.evaluations}>
        {(count) => <p>{t('runFile.lacks.evaluations', { count: count() })}</p>}
      </Show>
    </>
  )
}
