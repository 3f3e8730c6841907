import { oneFile } from '../../protocol/one-file.ts'
import { isSealed } from '../../protocol/sealed.ts'
import { Button } from '../components/Button.tsx'
import { Icon } from '../components/Icon.tsx'
import { Notice } from '../components/Notice.tsx'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** In the bar, wherever the page stands: it holds in frames too. */
export function SealedMark() {
  return (
    <span
      class="sealed-mark small"
      role="img"
      title={t('sealed.markAbout')}
      aria-label={t('sealed.markAbout')}
    >
      <Icon name="lock" size={16} />
      <span aria-hidden="true">{t('sealed.mark')}</span>
    </span>
  )
}

/** In place of what would ask other addresses, or send something there. */
export function SealedNote() {
  return (
    <Notice tone="info" title={t('sealed.away')}>
      <p>{t(oneFile() ? 'sealed.awayFile' : 'sealed.awayText')}</p>
    </Notice>
  )
}

/** This tab is not as the others are by now. */
export function SealedElsewhere() {
  const { working } = useApp()
  return (
    <div class="banner">
      <Notice
        tone="warning"
        title={t(isSealed() ? 'sealed.elsewhereOff' : 'sealed.elsewhereOn')}
        actions={
          <Button disabled={working()} onClick={() => location.reload()}>
            {t('action.reload')}
          </Button>
        }
      >
        <p>{t('sealed.elsewhereText')}</p>
      </Notice>
    </div>
  )
}
