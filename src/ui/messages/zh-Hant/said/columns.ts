import type { SaidTexts } from '../../sayer.ts'

/** Which column is which, rows that cannot be used, steps, edits and the split. */
export const columns: SaidTexts = {
  'No training example has a token to learn within {0} tokens.':
    '在 {0} 個詞元之內，沒有一個訓練範例有可學的詞元。',
  'Raise max_length, or check which columns are prompt and response.':
    '請提高 max_length，或檢查哪一欄是問題、哪一欄是回答。',

  'Edit {0}: {1}': '第 {0} 項修改：{1~}',
  'there is no row {0}.': '沒有第 {0} 列。',
  'There are {0} rows.': '共有 {0} 列。',
  'Edit {0}: there is no column "{1}".': '第 {0} 項修改：沒有「{1}」欄。',
  'Choose one of: {0}.': '請選擇其中之一：{0~}。',
  'there are {0} rows already.': '已經有 {0} 列。',
  'Use a smaller data set.': '請使用較小的資料集。',
  'the new column has no name.': '新的欄沒有名稱。',
  'Give it a name.': '請替它取名稱。',
  'there is a column "{0}" already.': '已經有「{0}」欄。',
  'Give it another name.': '請取別的名稱。',
  'There is no column "{0}".': '沒有「{0}」欄。',

  ' "{0}" is put before them where they have no such turn.': '沒有這種發言時，會把「{0}」放在前面。',
  '"{0}" holds conversations: turns with a role and content.{1}‹ The rejected answers are not learnt.|›':
    '「{0}」是對話：各次發言有 role 和 content。{1~}‹0:被拒絕的回答不會學習。|›',
  'Each row is one turn of a conversation, said by "{0}". Put the turns of a conversation into one row, as a list of {role, content}.':
    '每列是對話中的一次發言，由「{0}」指明是誰說的。請把一段對話的發言放進同一列，成為 {role, content} 的清單。',
  ' "{0}" is put after what is asked, in rows where it holds something.':
    '「{0}」有內容的列，會把它接在問題後面。',
  ' 0 is taken as negative and 1 as positive.': '0 當作 negative，1 當作 positive。',
  '"{0}" is what is asked, and nothing says what is to be answered. If it is text to be continued, choose it as the text.':
    '「{0}」是問題，但沒有指明該回答什麼。如果它是要接續的文字，請選它作為文字。',
  '"{0}" may be text to be continued, but "{1}" is text, too. Choose the text, or which is asked and which is the answer.':
    '「{0}」可能是要接續的文字，但「{1}」也是文字。請選擇文字，或指明哪一欄是問題、哪一欄是回答。',
  '"{0}" is the only text; the model learns to continue it.': '只有「{0}」是文字；模型會學習接續它。',
  'These are pairs of a chosen and a rejected answer. Choose what is asked, and the chosen answer; the rejected one is not to be learnt.':
    '這些是選中和被拒絕的回答所成的配對。請選擇問題，和選中的回答；被拒絕的不該學習。',
  '"{0}" looks like conversations, but they cannot be read: a row {1}. Choose which column is asked and which is the answer.':
    '「{0}」看來是對話，但無法讀取：有一列{1~}。請指明哪一欄是問題、哪一欄是回答。',
  'No column has a familiar name‹ and plain text in it ("{0}" holds lists or objects)|›. Choose which is asked and which is the answer.':
    '沒有一欄的名稱是常見的‹0:而且內容是純文字（「{0}」是清單或物件）|›。請指明哪一欄是問題、哪一欄是回答。',
  'By their names, "{0}" is what is given and "{1}" {2}.': '從名稱看，「{0}」是給的內容，「{1}」是{2~}。',
  'its summary': '它的摘要',
  'the class of the two': '兩者的類別',
  ', such as "Translate {{0}} to {1}"': '，例如「Translate {{0}} to {1}」',
  ' Of {0} languages these two were taken.': '從 {0} 種語言中取了這兩種。',
  '"{0}" and "{1}" are named for languages: the model learns to translate from {2} to {3}.{4} A template may say so in each prompt{5}.':
    '「{0}」和「{1}」以語言為名：模型會學習從 {2} 翻譯成 {3}。{4~}可以用範本在每個問題裡這樣寫{5~}。',
  'There are two columns: "{0}" was taken as what is asked, "{1}" as the answer.':
    '有兩欄：「{0}」當作問題，「{1}」當作回答。',
  '"{0}" is what is asked and "{1}" what is to be answered.': '「{0}」是問題，「{1}」是應有的回答。',
  'By their names, "{0}" is what is asked and "{1}" what is to be answered.':
    '從名稱看，「{0}」是問題，「{1}」是應有的回答。',
  '"{0}" says which answers were wanted and which were not. Leave the others out, then choose what is asked and what is to be answered.':
    '「{0}」指明哪些回答是想要的、哪些不是。請略過不想要的，再選擇問題和回答。',
  '"{0}" and "{1}" are turns of one conversation; only "{2}" is learnt.':
    '「{0}」和「{1}」是同一段對話的發言；只學「{2}」。',

  'There is no column "{0}" for the {1}.': '沒有「{0~}」欄可作為{1~}。',
  'Did you mean "{0}"?': '您是指「{0}」嗎？',
  'No column is chosen to learn from.': '還沒有選擇要學習的欄。',
  'Choose a prompt and a response, or messages, or text.': '請選擇問題和回答，或對話，或文字。',
  'The chosen columns contradict each other.': '所選的欄互相矛盾。',
  'Choose either a prompt and a response, or messages (and a system column with either), or text.':
    '請選擇問題和回答，或對話（兩者都可加上指示欄），或文字。',
  'A {0} column is needed, too.': '還需要{0~}欄。',

  '{0} rows have the same fault: row {1}, for one, {2}.': '{0} 列有同樣的問題：例如第 {1} 列{2~}。',
  'No row can be used: row {0} {1}.': '沒有一列可用：第 {0} 列{1~}。',
  'Check which column is which.': '請檢查各欄的用途。',
  'has nothing in "{0}"': '的「{0}」沒有內容',
  'has no "{0}"': '沒有「{0}」',
  'has no answer': '沒有回答',
  'has no answer in "{0}"': '的「{0}」沒有回答',
  'has no answer that is to be learnt in "{0}"': '的「{0}」沒有要學的回答',
  'is text, not a list of turns': '是文字，不是發言的清單',
  'has no turns': '沒有發言',
  'has {0} around its turns, which the model would not see': '在發言之外有 {0}，模型看不到',
  'has a turn ({0}) {1}': '有一次發言（第 {0} 次）{1~}',
  'has a turn ({0}) whose role is {1}': '有一次發言（第 {0} 次）的 role 是 {1~}',
  'has a turn ({0}) that calls a tool': '有一次發言（第 {0} 次）呼叫函式',
  'has a turn ({0}) of weight {1}, where 0 and 1 are known':
    '有一次發言（第 {0} 次）的權重是 {1}，只認得 0 和 1',
  'that responds to no call that is known: it has neither a name nor the id of a call':
    '回應的不是已知的呼叫：既沒有名稱，也沒有呼叫的 id',
  'without text': '沒有文字',
  'that calls a tool': '呼叫函式',
  "that holds a tool's result": '是函式的結果',
  'that holds "{0}", which is no text': '含有「{0}」，不是文字',
  'is not a list of turns': '不是發言的清單',
  'has tools that are no list': '的函式不是清單',
  'has a tool ({0}) without a name': '有一個函式（第 {0} 個）沒有名稱',
  'has a tool ({0}) whose parameters are no object': '有一個函式（{0}）的參數不是物件',
  'that calls a tool without a name': '呼叫了沒有名稱的函式',
  'that calls {0} with arguments that are no object': '以不是物件的參數呼叫 {0}',

  'Validation and test together leave nothing to train on.': '驗證和測試合起來，沒有留下可訓練的列。',
  'Make their shares smaller: together they must stay below 1.': '請縮小它們的比例：合起來必須小於 1。',
  'The split by "{0}" needs a column.': '以「{0}」方式分割需要一欄。',
  'Choose which.': '請選擇哪一欄。',
  'A value that occurs once or twice has no row to spare.': '只出現一、兩次的值沒有多餘的列可保留。',
  'Rows of one value stay together, and the values are few or uneven.':
    '值相同的列會放在一起，而值很少或分布不均。',
  'Only {0} of {1} rows ‹is|are› held out for validation: "{2}" has {3} different values.':
    '{1} 列中只保留了 {0} 列供驗證：「{2}」有 {3} 種不同的值。',
  '{0} Choose another column, or a random split.': '{0~}請改選別的欄，或隨機分割。',
  'By column "{0}", no row is left to train on.': '依「{0}」欄，沒有留下可訓練的列。',
  'It holds {0}. Choose which of these mean validation and test.':
    '其中有 {0~}。請指明哪些值代表驗證、哪些代表測試。',
  'By column "{0}", no row is for validation: {1} ‹training row is|training rows are› held out for it.':
    '依「{0}」欄，沒有供驗證的列：從訓練列中保留了 {1} 列。',
  'By column "{0}", no row is for validation.': '依「{0}」欄，沒有供驗證的列。',
  'It holds {0}. Where one of these means validation, say so under "How rows are held out".':
    '其中有 {0~}。如果有代表驗證的值，請在「怎樣保留列」中指明。',
  'It holds {0}. Without validation there is no telling whether the model learns or memorises: hold out a share of the training rows.':
    '其中有 {0~}。沒有驗證，就看不出模型是學會還是死背：請保留一部分訓練列。',

  '{0} limits make {1} buckets, but there are {2} words.': '{0} 個界限分成 {1} 段，但有 {2} 個名稱。',
  'Give one word for each bucket, the lowest first.': '請替每一段取一個名稱，最低的在前。',
  '{0} ‹value|values› in "{1}" ‹is|are› not a number, row {2} first: {3}.':
    '「{1}」欄有 {0} 個值不是數字，最先在第 {2} 列：{3}。',
  'Such values stay as they are.': '這些值維持原樣。',
  'The pattern has searched for {0} seconds and was stopped.': '樣式搜尋了 {0} 秒，已停止。',
  'Use a simpler pattern, or fewer rows.': '請用較簡單的樣式，或較少的列。',
  'No mark says where a turn begins.': '沒有標記指明發言從哪裡開始。',
  'Name at least one, such as "User:".': '請至少寫一個，例如「User:」。',
  '{0} ‹row has|rows have› no turn marked in "{1}", row {2} first.':
    '「{1}」欄有 {0} 列沒有標出發言，最先在第 {2} 列。',
  'Such rows are left empty. Name the marks that stand there.': '這些列會是空的。請寫出那裡所用的標記。',
  'There is a column "{0}" already.': '已經有「{0}」欄。',
  'Give the new column another name.': '請替新的欄取別的名稱。',
  'Step {0} ({1}): {2}': '第 {0} 個步驟（{1}）：{2~}',

  'A pattern of {0} characters is too long; at most {1} are taken.': '{0} 個字元的樣式太長；最多 {1} 個。',
  'Split it into several steps.': '請分成幾個步驟。',
  'Put a backslash before ( ) [ ] { } . * + ? ^ $ | where they are meant as they are, or search for plain text.':
    '要找 ( ) [ ] { } . * + ? ^ $ | 這些字元本身時，請在前面加反斜線，或改為尋找純文字。',
  'The pattern takes too long on a text of {0} characters.': '樣式在 {0} 個字元的文字上花太久。',
  'Use fewer of * and +, or say more closely what may stand there: [^"]* rather than .*':
    '請少用 * 和 +，或更明確地寫出那裡可以有什麼：用 [^"]* 而不是 .*',
  'Use fewer of ?, {} and |, or split it into several steps.': '請少用 ?、{} 和 |，或分成幾個步驟。',
  'Take the inner * or + out, or repeat a set such as [a-z ] instead of a group.':
    '請移除內層的 * 或 +，或重複 [a-z ] 這樣的字元集而不是群組。',

  'The template names no column, so that every prompt would be the same.':
    '範本沒有寫任何欄，每個問題都會一樣。',
  'Put a column between braces: {0}.': '請把欄名寫在大括號裡：{0~}。',
  'The template names "{0}", which is no column.': '範本寫了「{0}」，但沒有這一欄。',
  'Did you mean {{0}}?': '您是指 {{0}} 嗎？',
  'Choose one of: {0}. For a brace that is meant as one, write {{ or }}.':
    '請選擇其中之一：{0~}。要寫大括號本身時，請寫 {{ 或 }}。',
  'In the template, the brace at character {0} {1}.': '範本中，第 {0} 個字元的大括號{1~}。',
  'Write a column as {name}; for a brace that is meant as one, write {{ or }}.':
    '欄寫作 {name}；要寫大括號本身時，請寫 {{ 或 }}。',
  'Row {0} {1}.': '第 {0} 列{1~}。',
  prompt: '問題',
  response: '回答',
  system: '指示',
  text: '文字',
  'closes without an opening {': '沒有開頭的 {',
  'is never closed': '沒有結尾',
  missing: '沒有',
  '"{0}" is not a regular expression: {1}': '「{0}」不是正規表示式：{1}',
  '"{0}" has {1} repetitions without a limit; at most {2} are allowed.':
    '「{0}」有 {1} 個沒有上限的重複；最多 {2} 個。',
  '"{0}" can match in too many ways, which may take forever.': '「{0}」可用太多方式比對，可能永遠不會結束。',
  '"{0}" repeats a group that can match in several ways, which may take forever.':
    '「{0}」重複了可用多種方式比對的群組，可能永遠不會結束。',
  '{0} or {1}': '{0~}或{1~}',
  nothing: '沒有內容',
}
