import { Show } from 'solid-js'
import { isSealed } from '../../../protocol/sealed.ts'
import type { AddedModel } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { besideWanted } from '../../components/dropped.ts'
import { FileDrop, PickFiles } from '../../components/FileDrop.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { Next, PageHead, Section } from '../../components/Page.tsx'
import { Progress } from '../../components/Progress.tsx'
import { said } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { Away } from '../Away.tsx'
import { ModelGone } from '../ModelGone.tsx'
import { AdapterInstead } from './AdapterInstead.tsx'
import { Device } from './Device.tsx'
import { Downloads } from './Downloads.tsx'
import { FetchModel } from './FetchModel.tsx'
import { HubAccount } from './HubAccount.tsx'
import { ModelList } from './ModelList.tsx'
import { StorageLine } from './StorageLine.tsx'

export function ModelPage() {
  const { models, data, shelf, startAdapter } = useApp()
  /** Something asks to be pressed first, and is the one main button. */
  const asked = () => startAdapter.misplaced() !== null || shelf.lookup.found() !== null
  return (
    <>
      <PageHead title={t('model.title')} lede={t('model.lede')} />
      <div class="stack-l">
        <Downloads />
        <Section title={t('model.choose')} hideTitle>
          <Added />
          <ModelList />
          <StorageLine />
        </Section>
        <Section title={t('fetch.title')} lede={t('fetch.lede')}>
          <Away>
            <FetchModel />
          </Away>
          <OpenFiles />
          <AdapterInstead />
          <Show when={!isSealed()}>
            <HubAccount />
          </Show>
        </Section>
        <Device />
      </div>
      <Next to="train" ready={data.dataset() !== null && models.chosen() !== null && !asked()} />
    </>
  )
}

const kindOf = ({ known, mended }: AddedModel) => (mended ? 'mended' : known ? 'known' : 'apart')

/** That a model was here already, or goes by another name than it came with; or that the chosen one is gone. */
function Added() {
  const { models } = useApp()
  return (
    <>
      <ModelGone />
      <Show when={models.told()}>
        {(told) => (
          <Notice
            tone="info"
            title={t(`model.${kindOf(told())}`, {
              name: told().name,
              asked: told().asked,
            })}
            onDismiss={models.dismissTold}
          >
            <p>{t(`model.${kindOf(told())}Text`, { name: told().name })}</p>
          </Notice>
        )}
      </Show>
    </>
  )
}

/** A model that lies on this machine. */
function OpenFiles() {
  const { models, shelf, startAdapter } = useApp()
  // What lies in folders inside of a model's (another format of it, say) has files of the same names.
  const isModel = (name: string) => name === 'config.json' || /\.gguf$/i.test(name)
  async function add(files: File[], folder: string | null): Promise<void> {
    const model = files.some(({ name }) => isModel(name))
    const own = besideWanted(files, model ? isModel : (name) => name === 'adapter_config.json')
    await models.add(own, folder)
    const get = async () => ({ files: own, name: folder })
    if (startAdapter.takeMisplaced(models.failure(), get)) models.report(null)
    else await shelf.findStorage()
  }
  return (
    <>
      <Show when={models.failure()}>
        {(failure) => <FailureNotice failure={failure()} onDismiss={() => models.report(null)} />}
      </Show>
      <Show
        when={models.adding()}
        fallback={
          <FileDrop
            label={t('model.add.folder')}
            hint={t('model.add.hint')}
            directory
            onFiles={(...given) => void add(...given)}
          >
            <PickFiles label={t('model.add.files')} multiple onFiles={(...given) => void add(...given)} />
          </FileDrop>
        }
      >
        {(progress) => (
          <div class="stack-s">
            <Progress
              label={said(progress().note) || t('model.adding', { name: progress().name })}
              share={progress().share}
            />
            <div class="row">
              <Button onClick={progress().stop}>{t('action.stop')}</Button>
            </div>
          </div>
        )}
      </Show>
    </>
  )
}
