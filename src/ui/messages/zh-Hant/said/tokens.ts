import type { SaidTexts } from '../../sayer.ts'

/** Chat templates, tokenizers and what is learnt of rows. */
export const tokens: SaidTexts = {
  "The model's chat template cannot be read: {0}": '無法讀取模型的對話範本：{0~}',
  'Use the tokenizer_config.json that came with the model.': '請使用模型附的 tokenizer_config.json。',
  "The model's chat template does not come to an end: {0}.": '模型的對話範本不會結束：{0~}。',
  'Use the tokenizer_config.json or chat_template.jinja that came with the model, from where it was published.':
    '請使用模型附的 tokenizer_config.json 或 chat_template.jinja，取自它發布的地方。',
  "The model's chat template refuses this conversation: {0}": '模型的對話範本拒絕這段對話：{0~}',
  'Turns must alternate: user, assistant, user, assistant; a system turn may come first if the model knows one.':
    '發言必須輪流：user、assistant、user、assistant；模型支援的話，最前面可以有 system。',
  'There is no tokenizer.json among the chosen files.': '所選的檔案中沒有 tokenizer.json。',
  "The tokenizer's {0} is number {1}, beyond the model's {2} words.":
    'tokenizer 的 {0} 是第 {1} 號，超過模型的 {2} 個詞。',
  'Take tokenizer.json and config.json from the same model.':
    '請從同一個模型取用 tokenizer.json 和 config.json。',
  "The model's chat template leaves out what is asked or answered.": '模型的對話範本略去了問題或回答。',
  'Use the tokenizer_config.json or chat_template.jinja that came with the model.':
    '請使用模型附的 tokenizer_config.json 或 chat_template.jinja。',
  'The tokenizer has no token that ends a turn (Gemma: <end_of_turn>), so an answer would never stop.':
    'tokenizer 沒有結束發言的詞元（Gemma：<end_of_turn>），回答會停不下來。',
  'Take tokenizer.json and tokenizer_config.json from the same Gemma.':
    '請從同一個 Gemma 取用 tokenizer.json 和 tokenizer_config.json。',
  "The model's chat template does not take a question and its answer: {0}":
    '模型的對話範本不接受問題和回答：{0~}',
  'it is nested too deep, or its text too long': '巢狀太深，或文字太長',
  'it takes more than {0} steps': '需要超過 {0} 步',
  'it goes more than {0} levels deep': '超過 {0} 層',
  'it makes a text of more than {0} MB': '產生超過 {0} MB 的文字',
  'it makes a list of more than {0} elements': '產生超過 {0} 項的清單',

  'there are {0} words': '共有 {0} 個詞',
  'it has {0} letters, {1} are the most': '有 {0} 個字母，最多 {1} 個',
  'a word may be there only once': '一個詞只能出現一次',
  "The tokenizer in {0} ({1}) is not of Gemma's kind: its words have no bytes to fall back on, other marks for blanks, or a blank put before every text.":
    '{0} 的 tokenizer（{1}）不是 Gemma 的種類：它的詞沒有可退回的位元組、以別的記號代表空白，或在每段文字前加空白。',
  'Use a GGUF of a Gemma.': '請使用 Gemma 的 GGUF。',
  'The tokenizer in {0} has neither scores nor merges, so that no text can be cut into its words.':
    '{0} 的 tokenizer 既沒有分數也沒有合併規則，無法把文字切成它的詞。',
  'Fetch another copy of the model.': '請取得模型的另一份副本。',
  'a merge must be two of the words, with a blank between': '合併規則必須是兩個詞，中間一個空白',

  'Row {0} has {1} positions, more than max_length ({2}).':
    '第 {0} 列有 {1} 個位置，超過 max_length（{2}）。',
  'Raise max_length, shorten the row, or let long rows be cut.':
    '請提高 max_length、縮短該列，或讓長的列被截短。',
  'plain text': '純文字',
  'a conversation with functions': '含函式的對話',
  'no turns': '沒有發言',
  'a conversation of {0}': '{0~} 的對話',
  'a conversation whose last answer is not to be learnt': '最後的回答不該學的對話',
  "Row {0} is {1}; kauldron's Seq2SeqTask takes a prompt and a response.":
    '第 {0} 列是{1~}；kauldron 的 Seq2SeqTask 要有問題和回答。',
  "Map a prompt and a response column, or use the model's own chat template.":
    '請指定問題欄和回答欄，或使用模型自己的對話範本。',
  "The model's tokenizer_config.json names no bos_token, or one that tokenizer.json has not: a text would have no beginning.":
    '模型的 tokenizer_config.json 沒有寫出 bos_token，或寫出 tokenizer.json 沒有的詞元：文字會沒有開頭。',
  'Take tokenizer.json and tokenizer_config.json from where the model was published.':
    '請從發布模型的地方取得 tokenizer.json 和 tokenizer_config.json。',
  "There is no tokenizer_config.json, and this tokenizer's words are not Gemma's, which would say as much: it has no <bos> and <eos>.":
    '沒有 tokenizer_config.json，而且這個 tokenizer 的詞元不是 Gemma 的（Gemma 的本來足以說明）：它沒有 <bos> 和 <eos>。',
  'Take tokenizer_config.json from where the model was published, and choose it with the other files.':
    '請從發布模型的地方取得 tokenizer_config.json，並和其他檔案一起選擇。',
  'The tokenizer has no beginning-of-text token.': 'tokenizer 沒有文字開頭的詞元。',
  'Use the tokenizer files that came with the model.': '請使用模型附的 tokenizer 檔案。',
  'Row {0} contains {1}, which this model has no embedding for.': '第 {0} 列含有 {1}，這個模型沒有它的嵌入。',
  'Take it out of the text.': '請從文字中移除。',
  "Nothing of row {0} would be learnt: it has no answer, or the model's chat template leaves it out.":
    '第 {0} 列沒有可學的內容：它沒有回答，或模型的對話範本略去了它。',
  'Give the row an answer, or leave it out.': '請替該列填上回答，或略過它。',
  'There is no row to learn from.': '沒有可學習的列。',
  'Choose a file with rows, and the right columns.': '請選擇有資料列的檔案，並選對欄。',
  'Nothing is left to learn: within {0} tokens no row reaches its answer.':
    '沒有可學的內容：在 {0} 個詞元之內，沒有一列到得了回答。',
  'Allow more tokens an example (max_length), or shorten the prompts.':
    '請讓每個範例有更多詞元（max_length），或縮短問題。',
  ' This model was made for {0} tokens at most: shorten what is longer.':
    '這個模型最多供 {0} 個詞元使用：更長的請縮短。',
  'Allow {0} tokens': '允許 {0} 個詞元',
  '{0} ‹row was|rows were› left out: nothing to learn within {1} tokens.':
    '略過 {0} 列：在 {1} 個詞元之內沒有可學的內容。',
  'The prompt alone fills the limit. Allow more tokens an example (max_length), or shorten the prompts.{0}':
    '單是問題就到了上限。請讓每個範例有更多詞元（max_length），或縮短問題。{0~}',
  '{0} ‹row was|rows were› left out. The first: {1}': '略過 {0} 列。第一個：{1~}',
  '{0} ‹row was|rows were› cut at {1} tokens.': '{0} 列在 {1} 個詞元處被截短。',
  'The model will not see how those answers end, and will not learn to stop. Allow more tokens an example (max_length) to keep them whole.{0}':
    '模型看不到那些回答怎樣結束，也學不會停下來。請讓每個範例有更多詞元（max_length），保持完整。{0~}',
  "The model's chat template rewrites what was said: where turn {0} begins and ends cannot be told, nor what is to be learnt.":
    '模型的對話範本改寫了發言：無法判斷第 {0} 次發言從哪裡開始、到哪裡結束，也無法判斷要學什麼。',
  'Split the conversation so that each example ends with the answer that is to be learnt, or take a model whose template keeps earlier turns as they were.':
    '請拆開對話，讓每個範例以要學的回答結束，或使用範本會保留先前發言原樣的模型。',
  'A made example is in the {0} split.': '產生的範例出現在{0~}的部分。',
  'This is a fault of ours; please report it.': '這是我們的錯誤，請回報。',
  'its columns are others': '欄不同',
  'its row {0} is out of range': '第 {0} 列超出範圍',
  'The stored token table cannot be read: {0}.': '無法讀取儲存的詞元表：{0~}。',
  'Prepare the data again.': '請重新準備資料。',
  'two of its words have the number {0}, one of them is "{1}"': '有兩個詞的編號都是 {0}，其中一個是「{1}」',
  'its added_tokens are no list': 'added_tokens 不是清單',
  'it has {0} added tokens; at most {1} are read': '有 {0} 個附加詞元；最多讀取 {1} 個',
  'one of its added tokens has no text': '有一個附加詞元沒有文字',
  'the number of its word "{0}" is {1}; numbers of words are whole, from 0 to {2}':
    '詞「{0}」的編號是 {1}；編號是從 0 到 {2} 的整數',
  'it has {0} merges for {1} words; at most {2} make sense': '{1} 個詞有 {0} 條合併規則；最多 {2} 條才合理',
  'its merge {0} is no pair of words': '第 {0} 條合併規則不是一對詞',
  'it is nested too deep': '巢狀太深',
  'one of its patterns is no text': '有一個樣式不是文字',
  'tokenizer.json cannot be used: {0}.': '無法使用 tokenizer.json：{0~}。',
  'Use the tokenizer.json that came with the model.': '請使用模型附的 tokenizer.json。',
  'tokenizer.json is not of a byte-pair tokenizer, as every Gemma has.':
    'tokenizer.json 不是每個 Gemma 都有的位元組對（byte-pair）tokenizer。',
  'tokenizer.json cannot be used: one of its patterns takes too long on a text of {0} characters.':
    '無法使用 tokenizer.json：有一個樣式在 {0} 個字元的文字上花太久。',
  'The tokenizer does not match the model: {0}.': 'tokenizer 與模型不符：{0~}。',
  'Take tokenizer.json, tokenizer_config.json and config.json from the same model.':
    '請從同一個模型取用 tokenizer.json、tokenizer_config.json 和 config.json。',
  'it has {0} words, the model only {1}': '它有 {0} 個詞，模型只有 {1} 個',
  "it has only {0} of the model's {1} words": '模型的 {1} 個詞它只有 {0} 個',
  'its {0} is number {1}, in config.json it is {2}': '它的 {0} 是第 {1} 號，在 config.json 中是第 {2} 號',
  'config.json ends a text with token {0}, which in it is an ordinary word':
    'config.json 以詞元 {0} 結束文字，但在它裡面那是普通的詞',
  'what is in it does not fit together': '其中的內容不一致',
  'The task cannot be "{0}": {1}.': '不能當作「{0}」：{1~}。',
  'the rows are texts, without questions and answers': '這些列是文字，沒有問題和回答',
  'the rows are questions with answers': '這些列是問題和回答',
  'all answers are the same': '所有回答都相同',
  'there are {0} different answers; labels are at most {1}': '有 {0} 種不同的回答；標籤最多 {1} 種',
  'the longest answer has {0} characters; a label has at most {1}':
    '最長的回答有 {0} 個字元；標籤最多 {1} 個',
  'no answer is a JSON object or list': '沒有回答是 JSON 物件或清單',
  'no answer calls a function': '沒有回答呼叫函式',
  'Leave it out (data.task: null): it is "{0}" then. Or choose other data.':
    '請不要指定（data.task: null）：那樣就是「{0}」。或選擇其他資料。',
  'There is no benchmark set "{0}".': '沒有基準資料集「{0}」。',
  'This is the benchmark set "{0}": no run learns from it, so that all can be judged by it.':
    '這是基準資料集「{0}」：任何訓練都不學它，這樣才能用它評估所有的訓練。',
  'Choose other data to learn from. Runs are evaluated on this set on the Evaluate page, or with npm run evaluate -- --benchmark.':
    '請選擇其他資料來學習。在評估頁，或用 npm run evaluate -- --benchmark，可以用這個資料集評估訓練。',
  'The benchmark set {0} is not as it was published: its figures could not be held against others.':
    '基準資料集 {0} 與發布時不同：它的數字無法與其他的比較。',
  'Load the page again; whoever serves the studio should lay it out anew.':
    '請重新載入網頁；提供工作室的人應該重新部署。',
  'how a run is judged changes no step of it': '怎樣評估不會改變訓練的任何一步',
  'the tokenizer of {0}': '{0} 的 tokenizer',
}
