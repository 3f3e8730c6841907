import type { SaidTexts } from '../../sayer.ts'

/** Models, adapters and tokenizers, and the files that they are in. */
export const models: SaidTexts = {
  'adapter_config.json is not a JSON object.': 'adapter_config.json 不是 JSON 物件。',
  'Use the file that PEFT saved.': '請使用 PEFT 儲存的檔案。',
  'only LORA adapters can be read': '只能讀取 LORA 適配器',
  'only "none" can be read': '只能讀取 "none"',
  'this variant of LoRA cannot be read': '無法讀取這種 LoRA 變體',
  'only {0} can carry an adapter': '只有 {0} 可以加上適配器',
  'list the projections by name': '請以名稱列出投影',
  'adapter_config.json: {0} is {1}; {2}.': 'adapter_config.json：{0} 是 {1}；{2~}。',
  'Use a plain LoRA adapter of this base model.': '請使用這個基礎模型的一般 LoRA 適配器。',
  'The prompt is empty.': '問題是空的。',
  'Begin it with the <bos> token.': '請以 <bos> 詞元開頭。',
  'The prompt': '問題',
  'Choice {0}': '第 {0} 個選項',
  'Choice {0} is empty.': '第 {0} 個選項是空的。',
  'Give each choice at least what ends it.': '每個選項至少要有結尾。',
  '{0} has token {1} at place {2}; the vocabulary has {3}.':
    '{0~}在第 {2} 個位置有詞元 {1}；詞彙表有 {3} 個。',
  'Use the tokenizer that came with the model.': '請使用模型附的 tokenizer。',
  'The prompt has {0} tokens and choice {1} has {2}; there is room for {3}.':
    '問題有 {0} 個詞元，第 {1} 個選項有 {2} 個；可容納 {3} 個。',
  'Shorten the prompt, or plan for more: raise max_length or per_device_train_batch_size.':
    '請縮短問題，或規劃更多：提高 max_length 或 per_device_train_batch_size。',
  '{0} choices differ in the same token; there is room for {1}.':
    '{0} 個選項在同一個詞元不同；可容納 {1} 個。',
  'Score fewer choices at once.': '請一次評估較少的選項。',
  'config.json is not a JSON object.': 'config.json 不是 JSON 物件。',
  'Use the config.json that came with the model.': '請使用模型附的 config.json。',
  'hidden_size is {0}; it must be a multiple of 32': 'hidden_size 是 {0}；必須是 32 的倍數',
  'no model_type': '沒有 model_type',
  ', which is not supported': '，不支援',
  'hidden_activation is {0}; only gelu_pytorch_tanh is known':
    'hidden_activation 是 {0}；只認得 gelu_pytorch_tanh',
  '{0} is {1}; it must be off': '{0} 是 {1}；必須關閉',
  'it must list {0} layers': '必須列出 {0} 層',
  'layer_types names {0}': 'layer_types 寫了 {0}',
  'it must be at most 1': '最多是 1',
  'config.json has no {0}.': 'config.json 沒有 {0}。',
  'it must be a whole number above 0': '必須是大於 0 的整數',
  'it may be {0} at most': '最多是 {0}',
  'token ids must be whole numbers below {0}': '詞元編號必須是小於 {0} 的整數',
  'it must be a number above 0': '必須是大於 0 的數字',
  'is a {0}, not an adapter': '是 {0}，不是適配器',
  'Give it with --model, or choose an adapter.': '請用 --model 指定，或選擇適配器。',
  'is an adapter of the type {0}; lora is read': '是 {0} 類型的適配器；只讀取 lora',
  'Use a LoRA adapter.': '請使用 LoRA 適配器。',
  'is an adapter of a {0}': '是 {0} 的適配器',
  'Use an adapter of a Gemma 2 or 3.': '請使用 Gemma 2 或 3 的適配器。',
  'holds a tensor {0}; only {1} can carry an adapter': '含有張量 {0}；只有 {1} 可以加上適配器',
  'Make the adapter again with those as its target_modules.': '請以它們為 target_modules 重新製作適配器。',
  'holds no tensors': '沒有張量',
  'Make the adapter again.': '請重新製作適配器。',
  'has the ranks {0} and {1} ({2}); one rank can be read': '有 {0} 和 {1} 兩種秩（{2}）；只能讀取一種秩',
  'Use a plain LoRA adapter.': '請使用一般的 LoRA 適配器。',
  'an adapter (general.type = adapter), not a model': '適配器（general.type = adapter），不是模型',
  'Add the model that it belongs to; on the command line a run begins with the adapter by --start-from.':
    '請加入它所屬的模型；在命令列上，訓練以 --start-from 從適配器開始。',
  'the vision part of a model (mmproj), not the model': '模型的視覺部分（mmproj），不是模型',
  'Add the other .gguf file beside it, which holds the text part.':
    '請加入旁邊的另一個 .gguf 檔案，其中是文字部分。',
  'of the architecture {0}, which is not supported': '架構 {0}，不支援',
  'a {0}, not a model': '{0}，不是模型',
  'it must be as long as there are layers, {0}': '長度必須等於層數 {0}',
  'linear and none are known': '認得的是 linear 和 none',
  '{0} are the most': '最多 {0}',
  "it must be the key's, {0}": '必須與鍵的相同，{0}',
  'the model has {0} (token_embd.weight)': '模型有 {0} 個（token_embd.weight）',
  '{0} holds a tensor {1}, which a Gemma does not have.': '{0} 含有 Gemma 沒有的張量 {1}。',
  'Tensor {0} of {1} is stored as {2}, which is not read.': '{1} 的張量 {0} 以 {2} 儲存，無法讀取。',
  'Take the model in one of these: {0} (mixtures such as Q4_K_M and Q5_K_M too).':
    '請取用其中一種格式的模型：{0}（Q4_K_M、Q5_K_M 等混合格式也可以）。',
  'in layer {0}': '在第 {0} 層',
  'num_attention_heads ({0}) must be a multiple of it': 'num_attention_heads（{0}）必須是它的倍數',
  'it must be the layer itself, or an earlier one that has keys of its own':
    '必須是這一層本身，或前面有自己的鍵的層',
  'that layer has heads of another width, or another number of them': '那一層的注意力頭寬度或數量不同',
  'Use the adapter with the base model and the adapter_config.json that it was trained with.':
    '請與訓練它時的基礎模型和 adapter_config.json 一起使用。',
  'The adapter holds no tensor {0}.': '適配器沒有張量 {0}。',
  'Adapter tensor {0} has shape [{1}], not [{2}].': '適配器的張量 {0} 形狀是 [{1}]，不是 [{2}]。',
  'The adapter holds a tensor that this model has no place for: {0}.':
    '適配器含有這個模型放不下的張量：{0}。',
  'its layers have no norms after attention and feed-forward': '它的層在注意力和前饋之後沒有正規化',
  'each layer has an embedding of its own, several residual streams (AltUp) and low-rank blocks beside them (LAuReL)':
    '每層有自己的嵌入、數條殘差流（AltUp）和旁邊的低秩區塊（LAuReL）',
  'each layer has an embedding of its own, values are normed, and later layers use the keys and values of earlier ones':
    '每層有自己的嵌入，值經過正規化，而且後面的層使用前面的層的鍵和值',
  'it is made to read images, and the tokens of what is asked see those that come after them':
    '它是用來讀圖片的，而且問題的詞元看得到後面的詞元',
  'it makes vectors of texts and writes none: every token sees those that come after it':
    '它把文字變成向量，不寫文字：每個詞元都看得到後面的詞元',
  'it has an encoder beside the decoder, which attends to both':
    '它在解碼器之外還有編碼器，解碼器兩者都會注意',
  'most of its layers are recurrent, not attention': '它的層大多是循環的，不是注意力',
  'it sorts images and writes no text': '它分類圖片，不寫文字',
  '{0}, which is not supported: {1}': '{0}，不支援：{1~}',
  '{0} holds values that are not finite numbers.': '{0} 含有不是有限數字的值。',
  'Fetch the model again.': '請重新取得模型。',
  '{0} in config.json is {1}; {2}.': 'config.json 的 {0} 是 {1}；{2~}。',
  'This Gemma cannot be run: {0}.': '無法執行這個 Gemma：{0~}。',
  'Tensor {0} has shape [{1}], but config.json asks for [{2}].':
    '張量 {0} 的形狀是 [{1}]，但 config.json 要求 [{2}]。',
  'config.json and the weights are of different models; take both from the same one.':
    'config.json 和權重屬於不同的模型；請取自同一個模型。',
  'Tensor {0} is stored as {1}; weights must be BF16, F16 or F32.':
    '張量 {0} 以 {1} 儲存；權重必須是 BF16、F16 或 F32。',
  'Use an unquantised copy of the model.': '請使用未量化的模型。',
  'The weights hold no tensor {0} [{1}].': '權重中沒有張量 {0} [{1}]。',
  'Add the missing files of the model; if all are there, config.json belongs to another model.':
    '請加入模型缺少的檔案；如果全都在，config.json 就屬於別的模型。',
  'The weights hold no tensor {0}.': '權重中沒有張量 {0}。',
  'Use the files of the whole model.': '請使用整個模型的檔案。',

  'There is no .safetensors file among the chosen files.': '所選的檔案中沒有 .safetensors 檔案。',
  'Choose the whole model folder: config.json, tokenizer.json and the *.safetensors files.':
    '請選擇整個模型資料夾：config.json、tokenizer.json 和 *.safetensors 檔案。',
  'Add {0} from the same model.': '請加入同一個模型的 {0}。',
  'Fetch the file again.': '請重新取得檔案。',
  'Tensor {0} is in both {1} and {2}.': '張量 {0} 同時在 {1} 和 {2} 裡。',
  'Choose the files of one model only.': '請只選擇一個模型的檔案。',
  'Fetch both again.': '請重新取得這兩個檔案。',
  '{0} is not a valid safetensors file: {1}.': '{0} 不是有效的 safetensors 檔案：{1~}。',
  'It is damaged or was cut off while being copied; fetch or export it again.':
    '它已損毀或在複製時被截斷；請重新取得或匯出。',
  'it has {0} bytes, fewer than the 8 of its header length': '它有 {0} 個位元組，少於標頭長度所需的 8 個',
  'its header would be {0} bytes, above the most allowed, {1}': '標頭會有 {0} 個位元組，超過上限 {1}',
  'its header ends at byte {0}, but the file at byte {1}': '標頭在第 {0} 個位元組結束，但檔案在第 {1} 個',
  '{0} holds no tensor {1}.': '{0} 沒有張量 {1}。',
  'Bytes {0} to {1} were asked of {2}, which has {3}.': '要求了 {2} 的第 {0} 到 {1} 個位元組，它有 {3} 個。',
  'its header names more than {0} tensors': '標頭列出超過 {0} 個張量',
  'it is not UTF-8': '它不是 UTF-8',
  'its header is not JSON: {0}': '標頭不是 JSON：{0~}',
  'its header is not a JSON object': '標頭不是 JSON 物件',
  'its header names "{0}" twice': '標頭列出「{0}」兩次',
  'its metadata is not a map from text to text': '中繼資料不是文字對文字的對照',
  'tensor {0} has no type': '張量 {0} 沒有型別',
  'tensor {0} has no valid shape': '張量 {0} 沒有有效的形狀',
  'tensor {0} has no valid data offsets': '張量 {0} 沒有有效的資料位移',
  'tensor {0} ends at byte {1}, but the file at byte {2}':
    '張量 {0} 在第 {1} 個位元組結束，但檔案在第 {2} 個',
  'tensor {0} is of type {1}, which the format does not have': '張量 {0} 的型別是 {1}，這種格式沒有',
  'tensor {0} of type {1} and shape [{2}] has {3} bytes': '型別 {1}、形狀 [{2}] 的張量 {0} 有 {3} 個位元組',
  'bytes {0} to {1} before tensor {2} belong to none': '張量 {2} 之前的第 {0} 到 {1} 個位元組不屬於任何張量',
  'its last {0} bytes belong to no tensor': '最後 {0} 個位元組不屬於任何張量',
  '{0} is not a valid model file: {1}.': '{0} 不是有效的模型檔案：{1~}。',
  'It is damaged; fetch or add it again.': '它已損毀；請重新取得或加入。',
  'rows of {0} are no whole blocks, two by two': '{0} 的列不是成對的完整區塊',

  'a list of {0}': '{0} 項的清單',
  'Fetch the file again, or another copy of the model.': '請重新取得檔案，或模型的另一份副本。',
  '{0} has no {1}.': '{0} 沒有 {1}。',
  'Fetch another copy of the model: this one was made incomplete.':
    '請取得模型的另一份副本：這一份製作得不完整。',
  'it must be text': '必須是文字',
  'it must be true or false': '必須是 true 或 false',
  'it must be the number of a word': '必須是詞的編號',
  'it must be a number, 0 or more': '必須是 0 以上的數字',
  'it must be a list of texts': '必須是文字的清單',
  'it must be a list of numbers': '必須是數字的清單',
  'it must be a whole number above 0, or a list': '必須是大於 0 的整數，或清單',
  '{0} holds values in {1} that are not finite numbers.': '{0} 的 {1} 含有不是有限數字的值。',
  'It is damaged; fetch it again.': '它已損毀；請重新取得。',
  '{0} is not a valid GGUF file: {1}.': '{0} 不是有效的 GGUF 檔案：{1~}。',
  'it gives {0} twice': '{0} 寫了兩次',
  'general.alignment is {0}; it must be a multiple of 8': 'general.alignment 是 {0}；必須是 8 的倍數',
  'it gives tensor {0} twice': '張量 {0} 寫了兩次',
  'tensor {0} begins at byte {1} of the data, which is no multiple of {2}':
    '張量 {0} 從資料的第 {1} 個位元組開始，不是 {2} 的倍數',
  'it has {0} bytes, fewer than the 24 of a header': '它有 {0} 個位元組，少於標頭的 24 個',
  'it does not begin with "GGUF"': '開頭不是 "GGUF"',
  "{0} is big-endian, made for machines such as IBM's.": '{0} 是大端序（big-endian），供 IBM 等機器使用。',
  'Use the little-endian file that the model comes as.': '請使用模型所附的小端序（little-endian）檔案。',
  '{0} is GGUF version {1}; versions 2 and 3 are read.': '{0} 是 GGUF 第 {1} 版；可讀取第 2 和第 3 版。',
  'Fetch the model again: version 1 was replaced in 2023.': '請重新取得模型：第 1 版在 2023 年已被取代。',
  'Update the studio.': '請更新工作室。',
  'tensor {0} has rows of {1} values, which are no whole blocks of {2} ({3} values)':
    '張量 {0} 每列有 {1} 個值，不是 {2~} 的完整區塊（{3} 個值）',
  '{0} would end at byte {1}, but the file ends at byte {2}':
    '{0~}會在第 {1} 個位元組結束，但檔案在第 {2} 個結束',
  'its header goes on beyond {0} bytes, the most allowed ({1})': '標頭超過上限 {0} 個位元組（{1~}）',
  'it claims {0} {1}, more than its {2} bytes can hold': '它說有 {0} 個{1~}，超過 {2} 個位元組所能容納',
  '{0} is not UTF-8': '{0~}不是 UTF-8',
  '{0} is of type {1}, which GGUF does not have': '{0} 的型別是 {1}，GGUF 沒有',
  '{0} is a list of ‹lists|type {1}›, which is not read': '{0} 是‹0:清單|型別 {1}›的清單，無法讀取',
  'tensor {0} has {1} dimensions; 1 to 4 are possible': '張量 {0} 有 {1} 維；可以是 1 到 4 維',
  'tensor {0} has the impossible shape [{1}]': '張量 {0} 的形狀 [{1}] 不可能',
  tensors: '張量',
  'metadata entries': '中繼資料項目',
  'its first bytes': '開頭的位元組',
  'its version': '版本',
  'the name of metadata entry {0}': '第 {0} 個中繼資料項目的名稱',
  'the name of tensor {0}': '第 {0} 個張量的名稱',
  'the number of {0}': '{0~}的數量',
  'the length of {0}': '{0~}的長度',
  'values of {0}': '{0} 的值',
  'the shape of tensor {0}': '張量 {0} 的形狀',
  'the type of tensor {0}': '張量 {0} 的型別',
  'the offset of tensor {0}': '張量 {0} 的位移',
  'llama.cpp knows no {0} {1}.': 'llama.cpp 不認得{1~}的 {0}。',
  'Export the merged folder.': '請匯出合併的資料夾。',
  'whose layers differ in {0}': '各層 {0} 不同',
  'whose queries are scaled by {0}': '查詢以 {0} 縮放',
  'whose norms are not 1 + w': '正規化不是 1 + w',
  'with capped attention scores': '注意力分數有上限',
  'The tokenizer has {0} words, the model {1}.': 'tokenizer 有 {0} 個詞，模型有 {1} 個。',
  'tokenizer.json is of the kind {0}, not BPE.': 'tokenizer.json 的種類是 {0}，不是 BPE。',

  '{0} and {1} are models both; there are {2} .gguf files.': '{0} 和 {1} 都是模型；有 {2} 個 .gguf 檔案。',
  'Choose one of them.': '請選擇其中一個。',
  'The model is split into {0} files, and {1} is not there.': '模型分成 {0} 個檔案，而 {1} 不在。',
  'Choose all of its parts at once.': '請一次選擇它的所有部分。',
  '{0} says that the model is split into {1} files, but ‹it is|{2} are› named so.':
    '{0} 說模型分成 {1} 個檔案，但‹0:只有它|有 {2} 個›這樣命名。',
  'Give the parts the names that they came with: {0}-00001-of-0000N.gguf.':
    '請讓各部分維持原來的名稱：{0}-00001-of-0000N.gguf。',
  '{0} is not part {1} of the model.': '{0} 不是模型的第 {1} 部分。',
  'Fetch the parts again.': '請重新取得各部分。',
  'Tensor {0} is in two parts, {1} is one.': '張量 {0} 在兩個部分裡，{1} 是其中之一。',
  'Choose the parts of one model only.': '請只選擇一個模型的各部分。',
  'The parts hold {0} tensors; {1} says {2}.': '各部分共有 {0} 個張量；{1} 說有 {2} 個。',
  'There is no config.json among the chosen files.': '所選的檔案中沒有 config.json。',
  'There is no model in {0}: no config.json, and no .gguf file.':
    '{0} 裡沒有模型：沒有 config.json，也沒有 .gguf 檔案。',
  'Choose the zip of a whole model folder, as "Download as a Hugging Face folder" makes it.':
    '請選擇整個模型資料夾的 zip，也就是「下載成為 Hugging Face 資料夾」所產生的檔案。',
  'It was probably cut off before it was put into the zip; fetch it again.':
    '它可能在放進 zip 之前就被截斷；請重新取得。',
  'Choose the whole model folder: config.json, tokenizer.json and the *.safetensors files; or a .gguf file.':
    '請選擇整個模型資料夾：config.json、tokenizer.json 和 *.safetensors 檔案；或一個 .gguf 檔案。',
  'There is no model "{0}" in this browser.': '這個瀏覽器裡沒有模型「{0}」。',
  'Choose another model, or add it again.': '請選擇別的模型，或重新加入。',
  'Choose the folder of an adapter (adapter_config.json and adapter_model.safetensors), a .zip of it as the Export page makes one, or a LoRA .gguf.':
    '請選擇適配器的資料夾（adapter_config.json 和 adapter_model.safetensors）、匯出頁製作的 .zip，或 LoRA .gguf。',
  'There is no {0} in {1}.': '{1} 裡沒有 {0~}。',
  '{0} is too large to be what it is called.': '{0} 太大，不可能是名稱所說的檔案。',
  'rope_parameters.{0}.rope_type is {1}; default, linear and proportional are known':
    'rope_parameters.{0}.rope_type 是 {1}；認得的是 default、linear 和 proportional',
  'rope_parameters.{0}.partial_rotary_factor is {1}; with rope_type {2} only 1 is known':
    'rope_parameters.{0}.partial_rotary_factor 是 {1}；rope_type 為 {2} 時只認得 1',
  'Supported: gemma2 (Gemma 2 2B and larger), gemma3_text (Gemma 3 270M, 1B, FunctionGemma) and the text part of gemma3 (4B and larger).':
    '支援：gemma2（Gemma 2 2B 以上）、gemma3_text（Gemma 3 270M、1B、FunctionGemma）和 gemma3 的文字部分（4B 以上）。',
  'head_dim is {0} in layer {1}; heads must be a multiple of 64 wide, up to 512':
    '第 {1} 層的 head_dim 是 {0}；注意力頭的寬度必須是 64 的倍數，最多 512',
  'intermediate_size is {0} in layer {1}; it must be a multiple of 4':
    '第 {1} 層的 intermediate_size 是 {0}；必須是 4 的倍數',
  'hidden_size_per_layer_input is {0} in layer {1}; layers with an input of their own are not known':
    '第 {1} 層的 hidden_size_per_layer_input 是 {0}；不認得有自己輸入的層',
  'model.safetensors.index.json names {0}, which is not there.':
    'model.safetensors.index.json 列出了 {0}，但它不在。',
  'model.safetensors.index.json gives no file for tensor {0}.':
    'model.safetensors.index.json 沒有指明張量 {0} 的檔案。',
  'model.safetensors.index.json has no "weight_map".': 'model.safetensors.index.json 沒有 "weight_map"。',
  'model.safetensors.index.json says {0} is in {1}, but it is not.':
    'model.safetensors.index.json 說 {0} 在 {1} 裡，但並不在。',
  'its "lapidary.blocks" is no list of types': '它的 "lapidary.blocks" 不是型別的清單',
  '"lapidary.blocks" gives {0} a type that it does not have': '"lapidary.blocks" 給了 {0} 它沒有的型別',
  '{0} in {1} is {2}; {3}.': '{1} 的 {0} 是 {2~}；{3~}。',
  'tensors {0} and {1} overlap': '張量 {0~} 和 {1} 重疊',
  'the header': '標頭',
  'config.json describes {0}{1}.': 'config.json 描述的是 {0~}{1~}。',
  'There is no ‹adapter_model.safetensors|adapter_config.json› in {0}.':
    '{0} 裡沒有 ‹0:adapter_model.safetensors|adapter_config.json›。',
  'There is no model in {0}: no config.json, and no .gguf file.':
    '{0} 裡沒有模型：沒有 config.json，也沒有 .gguf 檔案。',
  'Choose the zip of a whole model folder, as "Download as a Hugging Face folder" makes it.':
    '請選擇整個模型資料夾的 zip，就像「下載，成為 Hugging Face 資料夾」所製作的。',
  'It was probably cut off before it was put into the zip; fetch it again.':
    '它可能在放進 zip 之前就被截斷了；請重新取得。',
}
