import { createSignal, createUniqueId, type JSX } from 'solid-js'
import { isPack } from '../state/packs.ts'
import { droppedFiles, folderName } from './dropped.ts'

export interface FileDropProps {
  /** What the button says. */
  label: string
  /** Beside it: what may be dropped. */
  hint: JSX.Element
  accept?: string
  /** The picker takes a folder instead of files. */
  directory?: boolean
  multiple?: boolean
  /** `folder` is the top folder's name where a folder was picked or dropped. */
  onFiles: (files: File[], folder: string | null) => void
  disabled?: boolean
  /** Further ways in, beside the button. */
  children?: JSX.Element
}

/** A place for files: a button for the picker, and a target to drop them on. */
export function FileDrop(props: FileDropProps) {
  const id = createUniqueId()
  const [over, setOver] = createSignal(false)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra way in; the button is the accessible one
    <div
      class="drop"
      classList={{ over: over() }}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
      }}
      onDrop={async (event) => {
        // The page as a whole takes those, wherever they fall.
        if ([...(event.dataTransfer?.files ?? [])].some(isPack)) return
        event.preventDefault()
        event.stopPropagation()
        setOver(false)
        if (!event.dataTransfer || props.disabled) return
        const { files, folder } = await droppedFiles(event.dataTransfer)
        if (files.length > 0) props.onFiles(files, folder)
      }}
    >
      <div class="row">
        <PickFiles {...props} describedBy={`${id}-hint`} />
        {props.children}
      </div>
      <p id={`${id}-hint`} class="quiet small">
        {props.hint}
      </p>
    </div>
  )
}

export interface PickFilesProps
  extends Pick<FileDropProps, 'label' | 'accept' | 'directory' | 'multiple' | 'onFiles' | 'disabled'> {
  describedBy?: string
}

/** A file input that looks like a button and stays one for keyboard and assistive technology. */
export function PickFiles(props: PickFilesProps) {
  const id = createUniqueId()
  return (
    <span class="pick">
      <input
        id={id}
        class="visually-hidden drop-input"
        type="file"
        accept={props.accept}
        multiple={(props.multiple ?? false) || (props.directory ?? false)}
        ref={(element) => {
          element.webkitdirectory = props.directory ?? false
        }}
        disabled={props.disabled}
        aria-describedby={props.describedBy}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])]
          event.currentTarget.value = ''
          if (files.length > 0) props.onFiles(files, folderName(files))
        }}
      />
      <label for={id} class="button plain">
        {props.label}
      </label>
    </span>
  )
}
