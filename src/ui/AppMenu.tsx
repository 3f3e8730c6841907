import { createEffect, createMemo, createSignal, on, Show } from 'solid-js'
import { oneFile } from '../protocol/one-file.ts'
import { loadedLater } from './components/loaded.tsx'
import { Menu, type MenuFold, type MenuItem } from './components/Menu.tsx'
import { formatBytes, formatShare, nameOfLanguage } from './messages/format.ts'
import { said } from './messages/said.ts'
import { t } from './messages/t.ts'
import { useApp } from './state/app.tsx'
import { LANGUAGES, type Language } from './state/language.ts'
import type { Kept } from './state/offline.ts'

const SealDialog = loadedLater(() => import('./pages/Computer.tsx').then((part) => part.SealDialog))
const LeaveDialog = loadedLater(() => import('./pages/Computer.tsx').then((part) => part.LeaveDialog))

/** Opens a dialog once the menu has closed, and given back what it hid from assistive technology. */
const afterMenu = (open: () => void) => () => void setTimeout(open)

/** What of the studio is on this device, whether a newer one is there, and installing it; class packs and lessons. */
export function AppMenu() {
  const { offline, announce, hints, language, packs, shown } = useApp()
  let picker!: HTMLInputElement
  const [opened, setOpened] = createSignal<'seal' | 'leave' | null>(null)
  const close = () => setOpened(null)
  createEffect(on(offline.newer, (newer) => newer && announce(t('offline.newer'))))
  // While the studio is being kept, how far it is changes all the time: the open menu stays what it is.
  const state = createMemo(() => offline.kept().state)
  const items = (): (MenuItem | MenuFold)[] => [
    // A pack that is one file has no pages beside it.
    ...(oneFile()
      ? []
      : [
          {
            label: t('app.guide'),
            icon: 'help' as const,
            onSelect: () => window.open(`./guide/${language.guide()}/index.html`, '_blank', 'noopener'),
          },
        ]),
    { label: t('hints.show'), icon: 'help' as const, onSelect: hints.show },
    ...(state() === 'partial' || state() === 'failed'
      ? [{ label: t('offline.keep'), icon: 'export' as const, onSelect: offline.keep }]
      : []),
    ...(offline.canInstall()
      ? [{ label: t('offline.install'), icon: 'add' as const, onSelect: () => void offline.install() }]
      : []),
    ...lessons(),
    // One that is a file is so by its own policy.
    ...(oneFile()
      ? []
      : [{ label: t('sealed.menu'), icon: 'lock' as const, onSelect: () => setOpened('seal') }]),
    { label: t('leave.menu'), icon: 'trash', onSelect: () => setOpened('leave') },
  ]
  const lessons = (): (MenuItem | MenuFold)[] => {
    const kept = packs.lesson()
    const goesOn = kept !== null && kept.state !== 'left'
    const open: MenuItem = { label: t('pack.open'), icon: 'folder', onSelect: () => picker.click() }
    const ofLesson: MenuItem[] = [
      ...(kept?.state === 'closed'
        ? [{ label: t('pack.showLesson'), onSelect: () => packs.change({ state: 'open' }) }]
        : []),
      ...(goesOn ? [{ label: t('hand.open'), onSelect: afterMenu(() => packs.setDialog('hand')) }] : []),
      ...(goesOn ? [{ label: t('pack.leave'), onSelect: packs.leave }] : []),
      ...(packs.again ? [{ label: t('pack.again'), onSelect: packs.again }] : []),
    ]
    // Whoever is taught with what is locked makes no lessons of it.
    if (goesOn || shown.anyLocked) return [...ofLesson, open]
    const ofClass: MenuItem[] = [
      open,
      {
        label: t('pack.ready'),
        icon: 'play',
        onSelect: () => void packs.open({ ready: 'mood', language: language.now() }),
      },
      { label: t('pack.make'), icon: 'add', onSelect: afterMenu(() => packs.setDialog('make')) },
      { label: t('handed.open'), icon: 'runs', onSelect: afterMenu(() => packs.setDialog('handed')) },
    ]
    return [...ofLesson, { label: t('pack.menu'), icon: 'folder', items: ofClass }]
  }
  return (
    <>
      <input
        ref={picker}
        type="file"
        hidden
        accept=".zip"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? []
          event.currentTarget.value = ''
          if (file) void packs.open(file)
        }}
      />
      <Menu
        label={t(offline.newer() ? 'offline.menuNewer' : 'offline.menu')}
        icon="more"
        marked={offline.newer()}
        notes={[...(offline.newer() ? [t('offline.newer')] : []), keptWords(offline.kept())]}
        items={items()}
        choices={{
          label: t('app.language'),
          options: LANGUAGES.map((tag) => ({ value: tag, label: nameOfLanguage(tag), lang: tag })),
          value: language.now(),
          onChange: (tag) => void language.choose(tag as Language),
        }}
      />
      <Show when={opened() === 'seal'}>
        <SealDialog onClose={close} />
      </Show>
      <Show when={opened() === 'leave'}>
        <LeaveDialog onClose={close} />
      </Show>
    </>
  )
}

function keptWords(kept: Kept): string {
  switch (kept.state) {
    case 'partial':
      return t('offline.partial', { size: formatBytes(kept.ofBytes - kept.bytes) })
    case 'keeping':
      return t('offline.keeping', { share: formatShare(kept.bytes / kept.ofBytes) })
    case 'whole':
      return t('offline.whole', { size: formatBytes(kept.bytes) })
    case 'failed':
      return t('offline.failed', { reason: said(kept.reason) })
    default:
      return t(`offline.${kept.state}`)
  }
}
