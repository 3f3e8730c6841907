/**
 * Runs in the page, as text: the first element in view of a role, with an accessible name. `query` is
 * `{role, name?, text?, within?}`; `name` and `text` are `{exact}` or `{pattern, flags}`.
 */
export function find(query) {
  const SELECTORS = {
    button: 'button, [role="button"]',
    cell: 'td, th',
    link: 'a[href]',
    menuitem: '[role="menuitem"]',
    heading: 'h1, h2, h3',
    textbox: 'input:not([type]), input[type="text"], textarea',
    checkbox: 'input[type="checkbox"], [role="switch"]',
    file: 'input[type="file"]',
    region: 'section, [role="region"]',
    article: 'article',
    status: '[role="status"]',
    alert: '[role="alert"]',
    any: '*',
  }
  const clean = (text) => (text ?? '').replace(/\s+/g, ' ').trim()
  const matches = (wanted, text) =>
    !wanted ||
    (wanted.exact === undefined ? new RegExp(wanted.pattern, wanted.flags).test(text) : wanted.exact === text)
  const byIds = (ids) =>
    ids
      .split(/\s+/)
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join(' ')
  const nameOf = (element) => {
    const labelled = element.getAttribute('aria-labelledby')
    if (labelled) return clean(byIds(labelled))
    const label = element.getAttribute('aria-label')
    if (label) return clean(label)
    if (element.labels?.length) return clean([...element.labels].map((one) => one.textContent).join(' '))
    return clean(element.textContent) || clean(element.title)
  }
  // A file input is there, though only its label is seen.
  const seen = (element) =>
    query.role === 'file' ||
    (element.getClientRects().length > 0 && getComputedStyle(element).visibility === 'visible')
  const root = query.within ? find(query.within) : document
  if (!root) return null
  const fitting = [...root.querySelectorAll(SELECTORS[query.role])].filter(
    (element) =>
      seen(element) &&
      matches(query.name, query.name ? nameOf(element) : '') &&
      matches(query.text, query.text ? clean(element.textContent) : ''),
  )
  // Of elements within one another the innermost is meant.
  return (
    fitting.find((element) => !fitting.some((other) => other !== element && element.contains(other))) ?? null
  )
}
