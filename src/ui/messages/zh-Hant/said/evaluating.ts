import type { SaidTexts } from '../../sayer.ts'

/** Answers, evaluations and their figures. */
export const evaluating: SaidTexts = {
  'The prompt has {0} tokens; the model knows {1} positions.': '問題有 {0} 個詞元；模型只有 {1} 個位置。',
  'A run is going on; while it does, only its own model and adapter can answer.':
    '正在訓練；在那期間，只有它自己的模型和適配器能回答。',
  'Wait until it is done, or stop it.': '請等它結束，或停止它。',
  'Labels can be held against each other where there are two or more; here ‹there is none|there is one›.':
    '有兩個以上的標籤才能比較；這裡‹0:沒有|只有一個›。',
  'Name the labels, or evaluate the answers as text.': '請寫出標籤，或把回答當作文字評估。',
  'Plain text has no labels.': '純文字沒有標籤。',
  'Evaluate it as text.': '請當作文字評估。',
  'An adapter answers on its own base model only.': '適配器只能在它自己的基礎模型上回答。',
  'Evaluate the other model untuned (checkpoint: null).': '請評估未微調的另一個模型（checkpoint: null）。',
  'No row of {0} can be put to {1}: {2} are too long, {3} are refused by its chat template.':
    '{0} 沒有一列可以問 {1}：{2} 列太長，{3} 列被它的對話範本拒絕。',
  'Choose another file, or another model.': '請選擇別的檔案或別的模型。',
  'This evaluation is not in this browser any more.': '這次評估已不在這個瀏覽器裡。',
  'Evaluate again.': '請重新評估。',
  'This run trained an adapter of other weights than those of {0}.':
    '這次訓練的適配器所屬的權重與 {0} 的不同。',
  'Give the model that the run was started with.': '請提供訓練開始時的模型。',
  'A run is going on; while it does, nothing is evaluated.': '正在訓練；在那期間不進行評估。',
  'Stop it, or wait until it is done. What is judged already is kept.':
    '請停止它，或等它結束。已經評估的會保留。',
  'The run was removed while it was evaluated.': '評估途中，訓練被刪除了。',
  'Choose another run.': '請選擇別的訓練。',
  'The data of this run is not in this browser any more, or has been changed since.':
    '這次訓練的資料已不在這個瀏覽器裡，或之後被修改過。',
  'Open the same file again, or evaluate another file.': '請重新打開同一個檔案，或評估別的檔案。',
  '{0} is what this run learnt from: how well it knows these rows says nothing of others.':
    '{0} 是這次訓練所學的資料：這些列掌握得多好，說明不了其他的列。',
  'Choose another file, or the rows that the run held out.': '請選擇別的檔案，或訓練的保留列。',
  '{0} has no row that can be judged.': '{0} 沒有可評估的列。',
  'Choose a file with questions and answers.': '請選擇有問題和回答的檔案。',
  'This run held no rows out for ‹testing|validation›.': '這次訓練沒有為‹0:測試|驗證›保留列。',
  'Evaluate another file, or hold rows out (Data, split) and train again.':
    '請評估別的檔案，或保留一些列（資料頁的「怎樣保留列」）再訓練。',
  'What this run learnt from is not in this browser any more, or has been changed since.':
    '這次訓練所學的資料已不在這個瀏覽器裡，或之後被修改過。',
  'Open the same file again.': '請重新打開同一個檔案。',
  'A run is going on; while it does, nothing else is computed.': '正在訓練；在那期間不計算別的。',
  'Stop it, or wait until it is done.': '請停止它，或等它結束。',
  'This row is not among the rows any more.': '這一列已不在其中。',
  'Evaluate them again.': '請重新評估。',
  'Question and answer are longer than the model knows.': '問題和回答超過模型能讀的長度。',
  'The chat template refuses this row, or there is no token in its answer.':
    '對話範本拒絕這一列，或它的回答沒有詞元。',
  'Choose another row, or write another answer.': '請選擇別的列，或寫別的回答。',
  'There is nothing to draw a confidence interval from.': '沒有可用來計算信賴區間的東西。',
  'Give at least one row.': '請提供至少一列。',
  'Row {0} has a confidence of {1}.': '第 {0} 列的把握是 {1}。',
  'Confidences are between 0 and 1.': '把握介於 0 和 1 之間。',
  'There are no rows to measure {0} on.': '沒有可用來測量{0~}的列。',
  '{0} is of {1} values, not of {2}.': '{0~}有 {1} 個值，不是 {2} 個。',
  'Give at least one row, and a value for each.': '請提供至少一列，每列一個值。',
  'Row {0} is of class {1}; there are classes {2} to {3}.': '第 {0} 列的類別是 {1}；類別是 {2} 到 {3}。',
  'Number the labels from 0.': '標籤請從 0 編號。',
}
