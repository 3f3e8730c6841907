/** Paths of files from dropped folders, which such files do not know themselves. */
const paths = new WeakMap<File, string>()

/** From its folder's name on, where it was picked or dropped with one, else its name. */
export function pathOf(file: File): string {
  return paths.get(file) ?? (file.webkitRelativePath || file.name)
}

/** The files of a drop, with those inside dropped folders; hidden files are left out. */
export async function droppedFiles(
  transfer: DataTransfer,
): Promise<{ files: File[]; folder: string | null }> {
  // Entries must be asked for before the first await: the list is emptied when the event is over.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  const plain = [...transfer.files]
  if (!entries.some((entry) => entry.isDirectory)) return { files: plain, folder: null }
  const files: File[] = []
  for (const entry of entries) await collect(entry, files)
  return { files, folder: entries.find((entry) => entry.isDirectory)?.name ?? null }
}

async function collect(entry: FileSystemEntry, into: File[]): Promise<void> {
  if (entry.name.startsWith('.')) return
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    )
    paths.set(file, entry.fullPath.replace(/^\//, ''))
    into.push(file)
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  // A reader gives some entries at a time, and none when it is through.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (some.length === 0) return
    for (const child of some) await collect(child, into)
  }
}

/** Top folder of files picked as a directory. */
export function folderName(files: File[]): string | null {
  const path = files[0]?.webkitRelativePath ?? ''
  return path.includes('/') ? (path.split('/')[0] ?? null) : null
}

/** Of files that came with their folders, those beside the one of the wanted that lies the least deep; all where there is none. */
export function besideWanted(files: readonly File[], wanted: (name: string) => boolean): File[] {
  const folder = (file: File) => pathOf(file).slice(0, -file.name.length)
  const depth = (file: File) => folder(file).split('/').length
  const [first] = files.filter(({ name }) => wanted(name)).sort((a, b) => depth(a) - depth(b))
  return first ? files.filter((file) => folder(file) === folder(first)) : [...files]
}
