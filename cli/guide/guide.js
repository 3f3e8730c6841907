// The colours that were chosen in the studio, before anything is drawn.
try {
  const { choice } = JSON.parse(localStorage.getItem('lapidary.theme')) ?? {}
  if (choice) document.documentElement.dataset.theme = choice
} catch {
  // None, or storage is blocked: as the system has it.
}
// On a narrow screen the list of pages is opened when it is asked for.
addEventListener('DOMContentLoaded', () => {
  if (matchMedia('(width < 56rem)').matches) document.querySelector('nav details').open = false
  for (const studio of document.querySelectorAll('lapidary-studio')) {
    studio.setAttribute('lang', document.documentElement.lang)
    const { theme } = document.documentElement.dataset
    if (theme) studio.setAttribute('theme', theme)
  }
})
