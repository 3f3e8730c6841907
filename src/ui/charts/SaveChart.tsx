import { Button } from '../components/Button.tsx'
import { t } from '../messages/t.ts'
import { save } from '../state/save.ts'

/** Properties that a picture has from the page's styles, and must bring along. */
const STYLES = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'font-family', 'font-size'] as const
/** Pixels for each of the picture's own. */
const SCALE = 2

/** A picture to take away, as SVG and as PNG. */
export function SaveChart(props: { chart: () => SVGSVGElement | null; name: string }) {
  async function take(format: 'svg' | 'png'): Promise<void> {
    const chart = props.chart()
    if (!chart) return
    const svg = standalone(chart)
    save(format === 'svg' ? svg : await png(svg, chart), `${props.name}.${format}`)
  }
  return (
    <>
      <Button kind="quiet" class="small" onClick={() => void take('svg')}>
        {t('save.svg')}
      </Button>
      <Button kind="quiet" class="small" onClick={() => void take('png')}>
        {t('save.png')}
      </Button>
    </>
  )
}

/** The picture with its styles and the ground that it stands on, for whatever opens it. */
function standalone(chart: SVGSVGElement): Blob {
  const copy = chart.cloneNode(true) as SVGSVGElement
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  const [from, to] = [chart.querySelectorAll('*'), copy.querySelectorAll('*')]
  for (const [i, element] of from.entries()) {
    const style = getComputedStyle(element)
    for (const name of STYLES) to[i]!.setAttribute(name, style.getPropertyValue(name))
  }
  copy.style.background = getComputedStyle(document.body).backgroundColor
  return new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' })
}

async function png(svg: Blob, chart: SVGSVGElement): Promise<Blob> {
  const url = URL.createObjectURL(svg)
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = SCALE * chart.width.baseVal.value
    canvas.height = SCALE * chart.height.baseVal.value
    const context = canvas.getContext('2d')!
    context.fillStyle = getComputedStyle(document.body).backgroundColor
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png'),
    )
  } finally {
    URL.revokeObjectURL(url)
  }
}
