import type { RunInfo } from '../../../protocol/studio.ts'
import { Fold } from '../../components/Fold.tsx'
import { t } from '../../messages/t.ts'
import type { useCheckpoint } from '../CheckpointPicker.tsx'
import { Corrections } from './Corrections.tsx'
import { Layers } from './Layers.tsx'
import { SuspectRows } from './SuspectRows.tsx'

/** What training did to the model, and to which rows it could do nothing; each a fold away. */
export function LookInside(props: { run: RunInfo; checkpoint: ReturnType<typeof useCheckpoint> }) {
  const step = () => props.checkpoint.chosen()?.step ?? 'last'
  return (
    <>
      <div>
        <Fold summary={t('suspects.title')}>
          <SuspectRows run={props.run} step={step()} />
        </Fold>
        <Fold summary={t('layers.title')}>
          <Layers run={props.run} step={step()} />
        </Fold>
      </div>
      <Corrections run={props.run} checkpoint={props.checkpoint} />
    </>
  )
}
