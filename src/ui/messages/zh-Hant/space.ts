import type { space as english } from '../en-space.ts'
import type { Translated } from '../t.ts'

export const space: Translated<typeof english> = {
  'space.used': '訓練占用這個瀏覽器 {used} 的儲存空間。',
  'space.usedOf': '訓練占用 {used}，上限是 {limit}。',
  'space.over': '已超過上限：刪除一些訓練或提高上限之前，不會再開始新的訓練。',
  'space.limit': '訓練最多可占用',
  'space.limitHelp':
    '到達上限時，先移除較舊訓練的備用檢查點。學到的內容，也就是最新和最佳的檢查點，會保留到您刪除那次訓練為止；會超過上限的新訓練不會開始。',
  'space.none': '不限',
  'space.each': '每次訓練占用多少',
  'space.run': '訓練',
  'space.size': '檢查點',
}
