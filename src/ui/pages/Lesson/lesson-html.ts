import DOMPurify, { type RemovedAttribute, type RemovedElement } from 'dompurify'
import { Marked } from 'marked'

/** What a lesson's text may be made of: no script, style, form or frame, and no address that is fetched by itself. */
const TAGS =
  'a p h3 h4 h5 h6 ul ol li strong em del code pre blockquote hr br table thead tbody tr th td img'.split(' ')
const ATTRIBUTES = ['href', 'src', 'alt', 'title', 'start', 'align']

/** Pictures lie in the text itself, as pixels. */
const PICTURE = /^data:image\/(png|jpeg|gif|webp);base64,/i
const OUTWARD = /^(https?|mailto):/i

const marked = new Marked({
  gfm: true,
  renderer: {
    // Above it stand the place and the step.
    heading({ tokens, depth }) {
      const level = Math.min(6, Math.max(3, depth))
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`
    },
    // No field: there is nothing to send.
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  },
})

let leftOut = false

// One for the page: a policy of Trusted Types is made once under its name.
DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'IMG' && !PICTURE.test(node.getAttribute('src') ?? '')) {
    leftOut = true
    node.replaceWith(node.getAttribute('alt') ?? '')
  }
  if (node.tagName !== 'A') return
  const href = node.getAttribute('href') ?? ''
  if (OUTWARD.test(href)) {
    node.setAttribute('target', '_blank')
    node.setAttribute('rel', 'noopener noreferrer')
  } else if (!/^#[\w-]+$/.test(href)) node.removeAttribute('href')
})

/** A step's Markdown as nodes of a page; `leftOut`: something in it is not shown. */
export function lessonNodes(markdown: string): { nodes: DocumentFragment; leftOut: boolean } {
  const html = marked.parse(markdown, { async: false })
  leftOut = false
  const nodes = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  })
  return { nodes, leftOut: leftOut || DOMPurify.removed.some(isLoss) }
}

/** What readers miss, or what was meant to do something: not a comment, nor the class of a block of code. */
function isLoss(removed: RemovedElement | RemovedAttribute): boolean {
  // The body that all of it is parsed in counts as removed, too.
  if ('element' in removed)
    return removed.element.nodeType === Node.ELEMENT_NODE && removed.element.nodeName !== 'BODY'
  return /^(on|href$|src)/.test(removed.attribute?.name ?? '')
}
