import type { SaidTexts } from '../../sayer.ts'

/** How files and folders are opened as data, and where they come from. */
export const reading: SaidTexts = {
  '{0} has no file that can be read as rows, only {1}.': '{0~} 沒有可當作資料列讀取的檔案，只有 {1~}。',
  'Choose CSV, JSON, Parquet, Arrow, Excel or text files.':
    '請選擇 CSV、JSON、Parquet、Arrow、Excel 或文字檔。',
  '{0} ‹file was|files were› left out: {1}.': '略過 {0} 個檔案：{1~}。',
  'They do not look like tables. Open one by itself if it is one.':
    '它們看來不是表格。如果有一個是，請單獨打開。',
  '{0} files were put together: {1}.': '{0} 個檔案已合在一起：{1~}。',
  'They have the same columns; their rows follow each other in this order.':
    '它們的欄相同；資料列依此順序相接。',
  'Rows for testing and validation are not trained on, unless another way of holding rows out is chosen.':
    '測試和驗證的列不會拿來訓練，除非選擇別的保留方式。',
  'The files have different columns: "{0}" is in {1}, but not in {2}.':
    '各檔案的欄不同：「{0}」在 {1} 裡，但不在 {2} 裡。',
  'Open them one by one, or give them the same columns.': '請逐一打開，或讓它們有相同的欄。',
  'Folders name columns ({0}), but not all files lie in such folders: these columns were left out.':
    '資料夾名稱指明了欄（{0}），但不是所有檔案都在這樣的資料夾裡：這些欄已略過。',
  'Put every file into folders of the same columns, or write them as columns of the files.':
    '請把每個檔案放進相同欄的資料夾，或把它們寫成檔案裡的欄。',
  'The files lie in folders ({0}) whose names are in no column.':
    '檔案分放在資料夾裡（{0~}），而資料夾的名稱不在任何欄中。',
  'If they are labels, rename the folders to label={0}, label={1} and so on: then they become a column.':
    '如果它們是標籤，請把資料夾改名為 label={0}、label={1} 等：這樣就會變成一欄。',
  '‹The column|The columns› {0} ‹was|were› made from the names of folders.': '{0} 欄由資料夾的名稱產生。',
  'A column of that name in a file itself stays as it is.': '檔案本身同名的欄維持原樣。',
  '{0} is empty.': '{0~} 是空的。',
  'Choose a file with rows.': '請選擇有資料列的檔案。',
  '{0} has no rows.': '{0~} 沒有資料列。',
  '{0} ends without its end mark, after row {1}.': '{0} 在第 {1} 列之後結束，沒有結尾標記。',
  'Whatever wrote it may have been stopped before its end, or the file was cut off.':
    '寫它的程式可能中途停止，或檔案被截斷。',

  'a Word document': 'Word 文件',
  'a PowerPoint presentation': 'PowerPoint 簡報',
  'a binary Excel workbook (XLSB)': '二進位 Excel 活頁簿（XLSB）',
  'a PyTorch file': 'PyTorch 檔案',
  'a document of Apple Numbers, Pages or Keynote': 'Apple Numbers、Pages 或 Keynote 的文件',
  'a Java archive': 'Java 封存檔',
  'an OpenDocument spreadsheet (ODS)': 'OpenDocument 試算表（ODS）',
  'an OpenDocument file': 'OpenDocument 檔案',
  'an EPUB book': 'EPUB 電子書',
  'a set of NumPy arrays (NPZ)': '一組 NumPy 陣列（NPZ）',
  '{0} is packed more than {1} times.': '{0} 壓縮了超過 {1} 層。',
  'Unpack it first.': '請先解開。',
  '{0} is {1}.': '{0} 是{1~}。',
  'Save the table in it as CSV or as .xlsx.': '請把其中的表格存成 CSV 或 .xlsx。',
  'The archive {0} has no files with anything in them.': '壓縮檔 {0} 裡沒有含內容的檔案。',
  'Choose another.': '請選別的。',
  '{0} holds more than {1} unpacked.': '{0} 解開後超過 {1}。',
  '{0} holds more than 2 GB.': '{0} 的內容超過 2 GB。',
  'Unpack it, then open what was in it.': '請解開，再打開其中的檔案。',

  '{0} is a damaged {1} in its {2}: {3}.': '{0} 是損毀的{1~}，在{2~}：{3~}。',
  'It was probably cut off or changed while being copied or downloaded; fetch it again.':
    '可能在複製或下載時被截斷或更動；請重新取得。',
  '{0} cannot be read: {1}‹| ({2})›.': '{0~} 無法讀取：{1~}‹0:|（{2~}）›。',
  'Write it again without that, or as CSV, JSON lines or plain Parquet.':
    '請去掉那個部分重新寫入，或寫成 CSV、JSON lines 或一般的 Parquet。',
  '{0} is nested too deeply in its {1} to be read.': '{0} 在{1~}的巢狀太深，無法讀取。',
  '{0} cannot be read as ‹an|a› {1} in its {2}: what it has there does not fit together.':
    '{0} 無法當作{1~}讀取，在{2~}：那裡的內容不一致。',
  'If other programs read it, write it again with one of them; else it was changed on the way: fetch it again.':
    '如果別的程式能讀，請用它重新寫入；否則就是中途被更動了：請重新取得。',
  'There is no encoding "{0}".': '沒有「{0}」這種編碼。',
  'Names are those of the Encoding Standard: utf-8, windows-1251, gb18030, shift_jis ...':
    '名稱依 Encoding Standard：utf-8、big5、gb18030、shift_jis、windows-1251⋯⋯',
  'The header row has to be a whole number, 0 for none.': '欄名所在的列必須是整數，0 表示沒有。',
  'Give 1 for the first line.': '第一行請寫 1。',
  '{0} is encrypted.': '{0} 已加密。',
  'Decrypt it where its keys are, then open the copy.': '請在有金鑰的地方解密，再打開那個副本。',

  'The file was read as UTF-8, and looks like iso-2022-jp: its letters are written as escapes.':
    '檔案當作 UTF-8 讀取，但看來是 iso-2022-jp：字元寫成了跳脫序列。',
  'If letters look wrong in the preview, choose its encoding: iso-2022-jp, or save the file as UTF-8.':
    '如果預覽中的字不對，請選擇編碼 iso-2022-jp，或把檔案存成 UTF-8。',
  'Read it as iso-2022-jp': '當作 iso-2022-jp 讀取',
  'The file is not UTF-8; it was read as Windows-1252.‹ Its letters look more like {0}.|›':
    '檔案不是 UTF-8；當作 Windows-1252 讀取。‹0:字元看來比較像 {0~}。|›',
  'Read it as {0}': '當作 {0} 讀取',
  '{0} has {1} ‹place|places› that ‹is|are› no {2}.': '{0} 有 {1} 處不是 {2}。',
  'Each was read as "\ufffd". Choose another encoding if letters look wrong in the preview.':
    '每一處都讀成「\ufffd」。如果預覽中的字不對，請選別的編碼。',
  '{0} has a byte that is not UTF-8, at byte {1}.': '{0} 有一個位元組不是 UTF-8，在第 {1} 個位元組。',
  '{0} has {1} bytes that are not UTF-8, the first at byte {2}.':
    '{0} 有 {1} 個位元組不是 UTF-8，第一個在第 {2} 個位元組。',
  'Each was read as "\ufffd". The file may have been damaged; save it again as UTF-8.':
    '每一個都讀成「\ufffd」。檔案可能已損毀；請重新存成 UTF-8。',
  'The lines of this text are wrapped: each paragraph became a row.': '這份文字有折行：每一段成為一列。',
  'To have a row for each line instead, read it again with that chosen under "How files are read".':
    '如果要一行一列，請在「怎樣讀取檔案」選擇後重新讀取。',

  'There is no features.json: columns were told from the records themselves.':
    '沒有 features.json：各欄由紀錄本身判斷。',
  'Labels stay numbers. Choose the whole folder to have their names.':
    '標籤維持數字。要有標籤的名稱，請選擇整個資料夾。',
  'nothing in it is a named feature': '其中沒有具名的特徵（feature）',
  'Record {0} of {1} is no tf.train.Example: {2}.': '{1} 的第 {0} 筆紀錄不是 tf.train.Example：{2~}。',
  'Write the data as tf.train.Example (as TFDS does), or as Parquet or JSON lines.':
    '請把資料寫成 tf.train.Example（如 TFDS），或 Parquet 或 JSON lines。',
  'The split "{0}" is not there: none of its {1} file(s).': '沒有「{0}」分割：它的 {1} 個檔案一個也不在。',
  'Its rows are left out. Choose its files too if you want them.':
    '它的列已略過。需要的話，請也選擇它的檔案。',
  'None of the files that {0} names is there.': '{0} 所列的檔案一個也不在。',
  'Choose the whole folder, with its {0} files.': '請選擇整個資料夾，包括它的 {0} 檔案。',
  'Their rows are left out. Choose the whole folder if you want them.':
    '它們的列已略過。需要的話，請選擇整個資料夾。',
  'Part {0} of {1} of "{2}" is missing: {3}.': '「{2}」{1} 個部分中缺少第 {0} 個：{3}。',
  'Choose the whole folder, with all of its files.': '請選擇整個資料夾，包括所有檔案。',
  '{0} is not what features.json promises: its record {1} has {2}.':
    '{0} 與 features.json 所說的不同：它的第 {1} 筆紀錄有 {2~}。',
  'Use the features.json that TFDS wrote next to the shards, or prepare the data set again.':
    '請使用 TFDS 寫在分片旁邊的 features.json，或重新準備資料集。',
  'The column "{0}" holds {1} and was left out.': '「{0}」欄是{1~}，已略過。',
  'Only text, numbers and lists of these can be learnt from.': '只能從文字、數字和它們的清單學習。',
  'No column of this TFDS folder can be read.': '這個 TFDS 資料夾沒有可讀取的欄。',
  'Choose one with text.': '請選擇有文字的。',
  '{0} has {1} rows, but dataset_info.json promises {2}.':
    '{0} 有 {1} 列，但 dataset_info.json 說有 {2} 列。',
  'The file or dataset_info.json is of another version; fetch the folder again.':
    '檔案或 dataset_info.json 是別的版本；請重新取得資料夾。',

  'The workbook {0} is empty.': '活頁簿 {0} 是空的。',
  'The workbook {0} has no sheet "{1}".': '活頁簿 {0} 沒有「{1}」工作表。',
  'Choose one with rows.': '請選擇有資料列的。',
  'The workbook has {0} sheets with something in them ({1}); "{2}" was read.':
    '活頁簿有 {0} 個含內容的工作表（{1}）；讀取的是「{2}」。',
  'To learn from another one, choose it among the ways of reading.': '要從別的學習，請在讀取方式中選擇。',
  'Read "{0}"': '讀取「{0}」',
  '{0} ‹cell holds|cells hold› an error in place of a value: the first is {1}.':
    '{0} 個儲存格是錯誤而不是值：第一個是 {1}。',
  'Such a cell is read as that text. Correct the formula, or leave these rows out.':
    '這樣的儲存格會讀成那段文字。請改正公式，或略過這些列。',
  '{0} ‹formula has|formulas have› no value in the file: the first is {1}.':
    '{0} 個公式在檔案裡沒有值：第一個是 {1}。',
  'They are read as empty cells. Open the workbook in a spreadsheet program and save it, so that they are computed.':
    '它們會讀成空的儲存格。請用試算表程式打開活頁簿再儲存，讓公式計算出來。',
  'Row {0} was taken as the names of the columns. Row {1} looks more like them, but "{2}" is there twice.':
    '第 {0} 列當作欄名。第 {1} 列看來更像欄名，但「{2}」在其中出現兩次。',
  'Give every column a name of its own in the sheet, then say that the names are in row {0}: the header row.':
    '請在工作表裡替每一欄取不同的名稱，再指明欄名在第 {0} 列（欄名所在的列）。',
  'If the names stand in another row, say in which: the header row.':
    '如果欄名在別的列，請指明是哪一列（欄名所在的列）。',
  'The names are in row {0}': '欄名在第 {0} 列',
  '{0} ‹blank row was|blank rows were› left out of the sheet "{1}", row {2} of it first.':
    '「{1}」工作表的 {0} 個空白列已略過，最先是其中的第 {2} 列。',
  'Nothing is lost: rows keep the numbers that they have in the sheet.':
    '沒有失去任何東西：各列維持工作表中的列號。',
  'The sheet "{0}" of {1} has no rows below its names.': '{1} 的「{0}」工作表在欄名下面沒有資料列。',
  'Add rows.': '請加入資料列。',
  'The sheet "{0}" of {1} has two columns named "{2}".': '{1} 的「{0}」工作表有兩欄都叫「{2~}」。',
  'Rename one of them.': '請替其中一欄改名。',

  '"{0}" is no web address.': '「{0}」不是網址。',
  'Paste one that begins with https://.': '請貼上以 https:// 開頭的網址。',
  'The address of {0} holds a name or a password, with which a web page cannot ask.':
    '{0} 的網址含有名稱或密碼，網頁不能這樣要求。',
  'Take them out of it. Give an access token beside it, or download it in a browser tab, then drop it here.':
    '請把它們去掉。請另外提供存取權杖，或在瀏覽器分頁下載，再拖放到這裡。',
  'This Google Drive link leads to a folder.': '這個 Google 雲端硬碟連結指向資料夾。',
  'Paste the link of a file in it, or download the folder, then drop it here.':
    '請貼上其中一個檔案的連結，或下載資料夾，再拖放到這裡。',
  'This Google Drive link does not say which file it means.': '這個 Google 雲端硬碟連結沒有指明是哪個檔案。',
  'In Drive, choose "Share", then "Copy link".': '請在雲端硬碟選「共用」，再選「複製連結」。',
  'Google Drive does not let web pages read what its share links lead to.':
    'Google 雲端硬碟不讓網頁讀取分享連結所指的內容。',
  'Download it in a browser tab, then drop it here. Or give a Google API key of your own.':
    '請在瀏覽器分頁下載，再拖放到這裡。或提供您自己的 Google API 金鑰。',
  'Download it in a browser tab, then drop it here.': '請在瀏覽器分頁下載，再拖放到這裡。',
  'This file of Google Drive': 'Google 雲端硬碟的這個檔案',
  'The card of {0} cannot be read: the YAML at its beginning is broken.':
    '{0} 的資料卡無法讀取：開頭的 YAML 有誤。',
  'Its files were told apart by their names instead. Check that these are the rows you want.':
    '改以檔名區分它的檔案。請檢查這些是不是您要的列。',
  'The data set {0} has no table at the Hub, and no file that can be read as rows.':
    '資料集 {0} 在 Hub 上沒有表格，也沒有可當作資料列讀取的檔案。',
  'It may hold images or sound, or need a script of its own to be made. Look at its page, or choose another.':
    '它可能是圖片或聲音，或需要自己的程式才能產生。請看它的頁面，或選別的。',
  "The Hub's search": 'Hub 的搜尋',
  'The Hub': 'Hub',
  'The Hub offers only the first part of {0} as Parquet; the rest is missing here.':
    'Hub 只以 Parquet 提供 {0} 的第一部分；這裡沒有其餘的部分。',
  'It does so for very large data sets. For all of it, download its files, then drop them here.':
    '很大的資料集會這樣。要全部的資料，請下載它的檔案，再拖放到這裡。',
  'The data set {0}': '資料集 {0}',
  '{0} has no {1} "{2}".': '{0} 沒有{1~}「{2}」。',
  'The data set {0} does not exist, or this token may not read it.': '沒有資料集 {0}，或這個權杖不能讀取它。',
  'The data set {0} does not exist, or is private or gated.': '沒有資料集 {0}，或它是私人的或需申請。',
  'Check its name, accept its terms on its page at the Hub, and see that the token may read it.':
    '請檢查名稱，在 Hub 上它的頁面接受條款，並確認權杖可以讀取它。',
  'Check its name. For a private or gated one, give an access token of the Hub; for a gated one, accept its terms on its page first.':
    '請檢查名稱。私人或需申請的，請提供 Hub 的存取權杖；需申請的，請先在它的頁面接受條款。',
  '{0} gave an answer of another shape than expected.': '{0~}的回應格式與預期不同。',
  'Try again later.': '請稍後再試。',
  'If letters look wrong in the preview, choose its encoding{0}, or save the file as UTF-8.':
    '如果預覽中的字不對，請選擇編碼{0}，或把檔案存成 UTF-8。',
  '"{0}" has {1} files, of which {2} are not there: number {3}{4}.':
    '「{0}」有 {1} 個檔案，其中 {2} 個不在：編號 {3}{4}。',
  '{0} ‹row|rows› above the names of the columns ‹was|were› left out: "{1}"{2}. Row {3} was taken as the names.':
    '欄名上方的 {0} 列已略過：「{1}」{2}。第 {3} 列當作欄名。',
  'The column "split" was made from the files\' names: it says which rows are for {0}.':
    '「split」欄由檔名產生：指明哪些列用於 {0~}。',
  'If that is meant, raise the limit where it is asked how files are read (data.reading.max_gigabytes); or take a part of it.':
    '如果確實如此，請在「怎樣讀取檔案」提高上限（data.reading.max_gigabytes），或只取一部分。',
  '{0} … ({1} in all)': '{0} …（共 {1} 個）',
  '{0} and {1} more': '{0~}，另外還有 {1} 個',
  Nothing: '沒有任何東西',
  'row group {0} does not describe its columns': '第 {0} 個列組沒有描述它的欄',
  workbook: '活頁簿',
  schema: '結構描述',
  footer: '頁尾',
  sheets: '工作表',
  'sheet "{0}"': '工作表「{0}」',
  configuration: '設定組合',
}
