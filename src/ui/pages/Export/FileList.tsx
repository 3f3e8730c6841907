import { For } from 'solid-js'
import type { ExportedFile } from '../../../protocol/studio.ts'
import { IconButton } from '../../components/Button.tsx'
import { Icon } from '../../components/Icon.tsx'
import { formatBytes } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'

/** Files to take away, one by one. */
export function FileList(props: { files: ExportedFile[]; onSave: (file: ExportedFile) => void }) {
  return (
    <ul class="files">
      <For each={props.files}>
        {(file) => (
          <li>
            <Icon name="file" size={18} />
            <span class="file-name">
              {/* A long name is broken between its parts, not within them. */}
              <For each={file.path.match(/[^/_.-]*[/_.-]|[^/_.-]+$/g) ?? []}>
                {(part) => (
                  <>
                    {part}
                    <wbr />
                  </>
                )}
              </For>
            </span>
            <span class="quiet small push nowrap">{formatBytes(file.size)}</span>
            <IconButton
              icon="export"
              label={t('export.one', { name: file.path })}
              onClick={() => props.onSave(file)}
            />
          </li>
        )}
      </For>
    </ul>
  )
}

/** What they weigh together, in bytes. */
export function sizeOf(files: readonly ExportedFile[]): number {
  return files.reduce((sum, file) => sum + file.size, 0)
}
