// The colours that were chosen in the studio, before anything is drawn.
try {
  const { choice } = JSON.parse(localStorage.getItem('lapidary.theme')) ?? {}
  if (choice) document.documentElement.dataset.theme = choice
} catch {
  // None, or storage is blocked: as the system has it.
}
// On a narrow screen the list of pages is opened when it is asked for: closed as it is read, or all below would jump once it was drawn.
new MutationObserver((_, watch) => {
  const list = document.querySelector('nav details')
  if (!list) return
  watch.disconnect()
  list.open = !matchMedia('(width < 56rem)').matches
}).observe(document, { childList: true, subtree: true })
addEventListener('DOMContentLoaded', () => {
  for (const studio of document.querySelectorAll('lapidary-studio')) {
    studio.setAttribute('lang', document.documentElement.lang)
    const { theme } = document.documentElement.dataset
    if (theme) studio.setAttribute('theme', theme)
  }
})
