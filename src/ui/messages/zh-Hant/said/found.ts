import type { SaidTexts } from '../../sayer.ts'

/** What is found in rows and columns, and what mends it. */
export const found: SaidTexts = {
  'No row asks anything, so none was reworded or made noisy.':
    '沒有一列有問題，所以沒有換問法，也沒有加入打字錯誤。',
  'Rewording and noise alter prompts. They need prompt-and-response data or conversations.':
    '換問法和打字錯誤改的是問題，需要有問題和回答的資料，或對話。',
  rewordings: '換過問法的列',
  'noisy versions': '含打字錯誤的列',
  '{0} {1} were made of the {2} asked for.': '要求 {2} 個{1~}，做出了 {0} 個。',
  'The built-in ways of asking are English and few. Give ways of your own, with {prompt} where the prompt goes.':
    '內建的問法是英文，而且不多。請提供自己的問法，在放問題的地方寫 {prompt}。',
  'Short prompts can only be mistyped in so many ways. Raise the shares of noise, or ask for fewer.':
    '短的問題能打錯的方式有限。請提高打字錯誤的比例，或少要一些。',

  '{0} ‹answer was|answers were› put right by hand (data.corrections).':
    '{0} 個回答經人工改正（data.corrections）。',
  'Such rows are learnt from, also where they were held out for validation before.':
    '這些列會拿來學習，即使原本是為驗證而保留的。',
  '{0} ‹row is|rows are› left out by hand (data.corrections).': '{0} 列經人工略過（data.corrections）。',
  'They stay in the data set.': '它們仍留在資料集裡。',
  '{0} ‹correction asks|corrections ask› what a test row asks: not learnt from.':
    '{0} 個改正的問題與測試列相同：不拿來學習。',
  'Test rows tell how good a model is only as long as it has never learnt from them.':
    '模型從沒學過測試列，測試列才看得出模型有多好。',
  '{0} ‹correction is|corrections are› of rows that are not there any more, or ask something else now: of no effect.':
    '{0} 個改正所屬的列已經不在，或問的已經不同：沒有作用。',
  'Put these answers right again.': '請重新改正這些回答。',

  '{0} ‹answer|answers› in "{1}" ‹is a placeholder|are placeholders› such as "{2}", row {3} first.':
    '「{1}」欄有 {0} 個回答是佔位文字，例如「{2}」，最先在第 {3} 列。',
  'The model would learn to answer so. Leave these rows out, or fill the answers in.':
    '模型會學成這樣回答。請略過這些列，或填上回答。',
  '{0} ‹answer repeats|answers repeat› the question word for word, row {1} first.':
    '{0} 個回答一字不差地重複問題，最先在第 {1} 列。',
  'The model would learn to echo. Check whether the right column is chosen for the answer.':
    '模型會學成照抄。請檢查回答欄是否選對了。',
  'Every answer in "{0}" is "{1}".': '「{0}」欄的每個回答都是「{1}」。',
  'The model would learn to say it whatever is asked. Add rows with other answers, or choose another column.':
    '不管問什麼，模型都會學成這樣回答。請加入其他回答的列，或改選別的欄。',
  'Answers are uneven: "{0}" occurs {1} times, "{2}" ‹once|{3} times›.':
    '回答不平均：「{0}」出現 {1} 次，「{2}」‹0:一次|{3} 次›。',
  'A model that always said "{0}" would be right in {1}% of rows. Add rows of the rare answers, or take fewer of the frequent ones.':
    '永遠回答「{0}」的模型會答對 {1}% 的列。請增加少見回答的列，或減少常見的。',
  'At most {0} rows of each answer': '每種回答最多 {0} 列',
  'If they stand for words, say which: a model knows what "positive" means, not what 1 does.':
    '如果它們代表文字，請指明是什麼字：模型知道「positive」的意思，不知道 1 的意思。',
  'Give words for them': '替它們取文字',

  'The column name {0} has white space around it or twice inside.':
    '欄名 {0} 的頭尾有空白，或中間有連續的空白。',
  'It has to be written just so wherever it is named. Rename it to be safe.':
    '每次提到它都必須寫得一模一樣。改個名稱比較保險。',
  'Rename to "{0}"': '改名為「{0}」',
  '{0} ‹row holds|rows hold› the names of the columns once more, row {1} first.':
    '{0} 列又寫了一次欄名，最先在第 {1} 列。',
  'The model would learn to answer one with the other. It happens where files were put one behind the other: leave these rows out.':
    '模型會學成以其中一個回答另一個。檔案前後相接時會這樣：請略過這些列。',
  'Read "{0}" as conversations': '把「{0}」當作對話讀取',
  '"{0}" holds answers that were rejected, and is chosen as {1}.': '「{0}」裡是被拒絕的回答，卻被選作{1~}。',
  'These are preference pairs: "{0}" holds answers that were rejected, and is not learnt.':
    '這些是偏好配對：「{0}」裡是被拒絕的回答，不會學習。',
  'The model would learn to give them. Choose "{0}".': '模型會學成這樣回答。請選「{0}」。',
  'Of such pairs only the better answer ("{0}") can be learnt here; training on preferences (DPO) is no part of this studio.':
    '這樣的配對在這裡只能學較好的回答（「{0}」）；工作室不提供偏好訓練（DPO）。',
  '{0} ‹answer was|answers were› not wanted, by "{1}", row {2} first.':
    '依「{1}」欄，{0} 個回答是不想要的，最先在第 {2} 列。',
  'The model would learn to give them. Leave these rows out, or leave it so where the column means something else.':
    '模型會學成這樣回答。請略過這些列；如果這一欄另有意思，就維持現狀。',
  'Leave these rows out before columns are chosen; training on what is not wanted (KTO) is no part of this studio.':
    '請在選欄之前略過這些列；工作室不提供以不想要的回答訓練（KTO）。',
  'The choices in {0} are left aside: the model will not see what "{1}" is chosen from.':
    '{0} 的選項沒有使用：模型看不到「{1}」是從什麼選出來的。',
  'It would learn to answer with a letter without knowing what it stands for. Put them into the question.':
    '它會學成回答一個字母，卻不知道字母代表什麼。請把選項放進問題。',
  'Put the choices into the question': '把選項放進問題',
  'Column "{0}" is left aside: {1} ‹row has|rows have› something in it that the model will not see.':
    '「{0}」欄沒有使用：{1} 列在其中有內容，模型看不到。',
  'If it is what is to be answered, choose it as the response, and "{0}" as the prompt.':
    '如果要學會回答的就是它，請選它作為回應，並以「{0}」作為提問。',
  'Learn "{0}" as the answer': '把「{0}」當作答案來學',
  'Choose it as the system text, or leave it so.': '請選它作為指示（system），或維持現狀。',
  'Answers that depend on it are learnt without it. Put it into the prompt or the conversation, or leave these rows out.':
    '依它而定的回答會在沒有它的情況下學習。請把它放進問題或對話，或略過這些列。',
  'Use "{0}" as the system text': '以「{0}」作為指示（system）',
  'yes or no': '是或否',
  'nested values': '巢狀的值',
  'Column "{0}" holds nothing.': '「{0}」欄沒有內容。',
  'It is left aside.': '不使用它。',
  'Column "{0}" holds {1}, and in {2} ‹row|rows› {3}, row {4} first.':
    '「{0}」欄是{1~}，但有 {2} 列是{3~}，最先在第 {4} 列。',
  'All are taken as text; lists and nested values as JSON. Check whether that is meant.':
    '全部當作文字；清單和巢狀的值當作 JSON。請檢查是否有意如此。',
  'Column "{0}" holds numbers written as text: "{1}", row {2}.':
    '「{0}」欄的數字寫成文字：「{1}」，第 {2} 列。',
  'They are learnt as they are written, and cannot be rounded or put in buckets. Take separators and signs out where that matters.':
    '會照寫法學習，不能捨入或分段。需要的話，請去除分隔符號和其他符號。',
  'Leave the digits': '只留數字',

  'There are only {0} rows.': '只有 {0} 列。',
  'There is only 1 row.': '只有 1 列。',
  'Enough to try things out. A few hundred varied rows teach a model something lasting.':
    '足夠用來試試看。幾百列多樣的資料才教得會持久的東西。',
  '{0} ‹row has|rows have› nothing in "{1}" (the {2}), row {3} first.':
    '{0} 列的「{1}」欄（{2~}）沒有內容，最先在第 {3} 列。',
  'Choose another column.': '請改選別的欄。',
  'Such rows are left out. Fill them in, or leave it so.': '這些列會略過。請填上內容，或維持現狀。',
  'Keep the same questions together': '相同的問題放在一起',
  'Keep one of each question': '相同的問題只留一個',
  'Keep one of each': '相同的只留一個',
  'Such rows are left out. Correct them, or leave it so.': '這些列會略過。請改正，或維持現狀。',
  'Leave this row out': '略過這一列',
  'Leave these rows out': '略過這些列',

  'Column "{0}" holds {1}, which cannot be learnt from here.': '「{0}」欄是{1~}，在這裡不能用來學習。',
  'Only text is supported. Choose another column.': '只支援文字。請改選別的欄。',
  'The column is left aside. Only text is supported.': '不使用這一欄。只支援文字。',
  'Do not use this column': '不使用這一欄',
  sound: '聲音',
  'images or other files': '圖片或其他檔案',

  '{0} ‹row repeats|rows repeat› an earlier one, row {1} first.': '{0} 列與前面的列重複，最先在第 {1} 列。',
  'Repeats count more than once, and may be in both training and validation. Remove them unless that is meant.':
    '重複的列會多次計入，也可能同時出現在訓練和驗證中。除非有意如此，請移除。',
  '{0} ‹question has|questions have› different answers in different rows, row {1} first.':
    '{0} 個問題在不同的列有不同的回答，最先在第 {1} 列。',
  'The model can only learn a mixture of them. Keep one answer for each question.':
    '模型只能學成它們的混合。每個問題請只留一個回答。',
  'Keep the first answer of each': '各留第一個回答',

  '{0} ‹text|texts› in "{1}" ‹holds|hold› {2}{3}, row {4} first.':
    '「{1}」欄有 {0} 段文字含有{2~}{3~}，最先在第 {4} 列。',
  'letters that were decoded wrongly': '解碼錯誤的字元',
  'The file holds UTF-8 that some program took for Latin-1; the model would learn it as it stands. It can be turned back.':
    '檔案裡的 UTF-8 被某個程式當成了 Latin-1；模型會照樣學。可以還原。',
  'Repair them': '修復',
  'control characters': '控制字元',
  'They are invisible, and the model would learn to write them. Take them out.':
    '它們看不見，模型會學成寫出它們。請移除。',
  'Take them out': '移除',
  'invisible characters (zero-width or direction marks)': '看不見的字元（零寬字元或方向標記）',
  'Words with them look the same and are others to the model. Take them out unless they are meant.':
    '含有它們的字看起來一樣，對模型卻是別的字。除非有意如此，請移除。',
  'replacement characters (\ufffd): letters that were lost when the file was written in another encoding':
    '替代字元（\ufffd）：檔案以另一種編碼寫入時遺失的字元',
  'What stood there cannot be brought back from this file. Export it again as UTF-8, or leave these rows out.':
    '原來的內容無法從這個檔案找回。請重新匯出為 UTF-8，或略過這些列。',
  'tokens of a chat template': '對話範本的詞元',
  'The chat template is put around each turn on its own; inside the text such a token would end the turn early or begin another. Take them out.':
    '對話範本會自動加在每次發言前後；文字裡若有這樣的詞元，發言會提早結束或另起一次。請移除。',
  'e-mail addresses': '電子郵件地址',
  'telephone numbers': '電話號碼',
  'Nothing leaves this machine, but a tuned model may say them to whoever asks. Mask them if they are of real people.':
    '什麼都不會離開這台電腦，但微調後的模型可能把它們說給任何提問的人。如果屬於真實的人，請遮蓋。',
  'Mask them': '遮蓋',
  ', such as "{0}"': '，例如「{0}」',

  '{0} ‹row has|rows have› two system texts, one in "{1}" and another in "{2}", row {3} first.':
    '{0} 列有兩段指示（system），一段在「{1}」，另一段在「{2}」，最先在第 {3} 列。',
  'The one in "{0}" is learnt with, that in "{1}" is left aside there. Take one of them out, or leave it so.':
    '學習時用「{0}」裡的，「{1}」裡的不使用。請移除其中一段，或維持現狀。',
  '{0} ‹conversation has|conversations have› several turns of one speaker in a row in "{1}", row {2} first.':
    '「{1}」欄有 {0} 段對話，同一人連續發言數次，最先在第 {2} 列。',
  'Most chat templates, those of Gemma included, refuse such conversations, and these rows are then left out. Put such turns together, or leave it so.':
    '多數對話範本（包括 Gemma 的）拒絕這樣的對話，這些列因此會略過。請把這樣的發言合併，或維持現狀。',
  'Put turns of one speaker together': '合併同一人的發言',
  '"{0}" in turns of "{1}" is left aside: {2} ‹row has|rows have› something in it that the model will not see, row {3} first.':
    '「{1}」發言中的「{0}」沒有使用：{2} 列在其中有內容，模型看不到，最先在第 {3} 列。',
  'Only the text of turns is learnt. Where the rest is to be learnt, too, write it into the text; or leave it so.':
    '只學發言的文字。其餘的若也要學，請寫進文字；或維持現狀。',
  'The answers in "{0}" are numbers ({1}{2}).': '「{0}」欄的回答是數字（{1}{2}）。',
  'the {0}': '{0~}',
  numbers: '數字',
  lists: '清單',
  files: '檔案',
  bytes: '位元組',
  video: '影片',
  images: '圖片',
  'asks what': '問的與下列相同：',
  'says what': '寫的與下列相同：',
  question: '問題',
  '{0} ‹question|text|questions|texts› of the {1} rows ‹is|are› also trained on: row {2}, for one, {3} row {4} does.':
    '{1~}列中有 {0} 個‹0:問題|文字|問題|文字›也用於訓練：例如第 {2} 列，{3~}第 {4} 列。',
  'The {0} figures would look better than they are. Keep rows with the same {1} together, or keep one of each.':
    '{0~}的數字會看起來比實際好。請讓{1~}相同的列放在一起，或各留一列。',
}
