import { PICTURE } from './svg.ts'

/** Dots a unit of the picture: sharp in print. */
const SCALE = 2

/** An SVG of `chartSvg` as PNG. Rejects where the browser draws none. */
export async function pngOf(svg: string): Promise<Blob> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = PICTURE.width * SCALE
  canvas.height = PICTURE.height * SCALE
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  if (!blob) throw new Error('The browser made no PNG of the chart.')
  return blob
}
