import type { hints as englishHints } from '../en-hints.ts'
import type { hood as englishHood } from '../en-hood.ts'
import type { setup as englishSetup } from '../en-setup.ts'
import type { Translated } from '../t.ts'

export const hints: Translated<typeof englishHints> = {
  'hints.show': '再次顯示提示',
  'hints.hide': '隱藏這個提示',
  'hints.learning':
    '線表示正確答案有多讓模型意外（損失）。它下降了：模型正在學習。下面是同樣的問題，訓練前和現在的回答。',
  'hints.learnt': '看下面的回答：同樣的問題、同樣的模型，訓練前後。在下一頁可以問自己的問題。',
  'hints.ask': '問什麼都可以：一邊是原來的模型回答，另一邊是現在的模型。',
  'hints.take': '學到的東西是模型旁邊的一個小檔案（適配器）。把它帶走，或回到資料頁教它自己的東西。',
  'hints.own': '現在換您的：把有問題和回答的檔案拖放到這裡，或輸入幾個範例。',
}

export const hood: Translated<typeof englishHood> = {
  'hood.waiting': '正在等下一個訓練步驟…',
  'hood.as': '第 {step} 步的數值，來自引擎本身。只在打開時約每秒查看一次，不會改變任何東西。',
  'hood.ended': '訓練已結束：這是第 {step} 步的數值，最後一次查看的。',

  'hood.tokens': '文字變成詞元（tokenisation）',
  'hood.tokensNote':
    '您資料中的一個範例，模型讀到的樣子：{all} 個詞元。其中學習 {count} 個，其餘只讀不學（損失遮罩）。',
  'hood.guess': '模型猜每個下一個詞元（前向、損失）',
  'hood.guessNote':
    '對每個要學的詞元：訓練之前和現在，它讓模型有多意外（損失，以 nats 計；0 是完全確定）。平均之前 {base}，現在 {now}：正確詞元原有 {chanceBase} 的機會，現在有 {chanceNow}。',
  'hood.token': '詞元',
  'hood.before': '基礎模型',
  'hood.now': '現在',
  'hood.chance': '現在的機會',
  'hood.losses': '每個所學詞元的損失',
  'hood.more': '還有 {count} 個詞元未顯示。',
  'hood.gradient': '每個權重得知該往哪裡移動（反向、梯度）',
  'hood.gradientNote':
    '模型本身不變，移動的只有適配器。其中一個矩陣是 {name}，{rows} 乘 {columns} 個數字。這一步拉動它多強（梯度的範數）：{norm}。整個適配器：{whole}。',
  'hood.clipped': '超過 {most}，所以在這一步之前全部縮小到 {most}（梯度裁剪）。',
  'hood.notClipped': '最多可到 {most}；更長的會縮小（梯度裁剪）。',
  'hood.step': '這一步（最佳化器 AdamW）',
  'hood.stepDown':
    '該矩陣的一個數字，第 {row} 列、第 {column} 行。它的梯度是正的：數字變小會讓損失變小，所以它往下。移動多遠，由 AdamW 依這個和先前的梯度算出，再乘上這一步的學習率。',
  'hood.stepUp':
    '該矩陣的一個數字，第 {row} 列、第 {column} 行。它的梯度是負的：數字變大會讓損失變小，所以它往上。移動多遠，由 AdamW 依這個和先前的梯度算出，再乘上這一步的學習率。',
  'hood.stepStill':
    '該矩陣的一個數字，第 {row} 列、第 {column} 行。這一步它的梯度是零：只依 AdamW 記得的先前步驟移動。',
  'hood.weightBefore': '這一步之前',
  'hood.weightAfter': '之後',
  'hood.change': '變化',
  'hood.itsGradient': '它的梯度',
  'hood.rate': '學習率',
  'hood.again': '再來一次',
  'hood.againNote': '下一步用別的範例。這一步所有範例的損失是 {loss}；上面的曲線就由這些數字組成。',
}

export const setup: Translated<typeof englishSetup> = {
  'time.label': '在這台電腦上可用的時間',
  'time.help':
    '從快速看看到徹底訓練。它會設定您沒有自己設定的一切：步數、學習率、批次、適配器，以及多久檢查一次，依在這裡測得的速度。',
  'time.steps': '{kind}：{count} 步，看資料 {passes} 遍。',
  'time.stepsOnly': '{kind}：{count} 步。',
  'time.spare': '更多時間在這裡沒有用：只會把這些範例背下來。',
  'time.now': '照目前的設定，大約需要這麼久。移動它，設定就會跟著改變。',

  'hood.open': '掀開引擎蓋：這次訓練算了什麼，用它自己的數值',

  'field.yours': '由您設定。建議：{value}。',
  'field.other': '建議：{value}。',
  'field.tooFast': '遠高於適合 {model} 的值（{value}）：訓練很可能在最初幾步就失控。',
  'field.back': '採用',
  'field.backLabel': '{field}：採用建議值 {value}',

  'tip.r':
    '{model} 有 {weights} 個權重，這裡建議 {value}：小型 Gemma 常用 64 到 128 的秩微調，大型的用較小的。',
  'tip.rPractice': '{value} 適合練習用模型：它只有最小的 Gemma 的百分之一。',
  'tip.rLarge': '{model} 有 {weights} 個權重，這裡建議 {value}：它本身的容量就夠。',
  'tip.learning_rate': '對 {model} 建議 {value}。秩和學習率相關：秩加倍時，一半的學習率就移動同樣遠。',
  'tip.lora_alpha': '秩為 {r} 時，它以 {scale} 倍作用（alpha / r）。',
  'tip.pass': '把這份資料的 {rows} 個範例看一遍是 {steps} 步。',
  'tip.batch': '這裡一步看 {rows} 個範例中的 {share}。',
  'tip.covers': '這份資料最長的範例有 {longest} 個詞元；{limit} 涵蓋其中的 99%。',
  'tip.eval_steps': '這次訓練中共檢查 {count} 次。',
}
