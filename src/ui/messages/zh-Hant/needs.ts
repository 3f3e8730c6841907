import type { needs as english } from '../en-needs.ts'
import type { Translated } from '../t.ts'

export const needs: Translated<typeof english> = {
  'needs.title': '這次訓練需要 {name}',
  'needs.none': '它的基礎模型 {name} 不在這個瀏覽器裡。沒有這個模型，這次訓練不能繼續、回答或合併。',
  'needs.other':
    '它的基礎模型 {name} 不在這個瀏覽器裡：這裡叫 {other} 的模型，權重不同。沒有自己的基礎模型，這次訓練不能繼續、回答或合併。',
  'needs.download': '請重新下載，或在模型頁加入同樣的檔案，名稱不拘。',
  'needs.files': '請在模型頁加入同樣的檔案，名稱不拘：檔案以 SHA-256 辨認。',
  'needs.hash': '檔案的雜湊值：{hash}',
  'needs.get': '重新下載 {name}',
}
