/** Texts of how good a run is, on rows that it never learnt from. */
export const evaluation = {
  'good.title': 'How good is it?',
  'good.lede': 'Its answers on rows that it never learnt from, counted.',
  'good.rows': 'Judged on',
  'good.rows.test': 'Its rows for testing',
  'good.rows.validation': 'Its held-out rows (validation)',
  'good.rows.data': '{name} ({count} rows)',
  'good.task': 'As',
  'good.task.guess': '{name} (guessed)',
  'good.task.run': '{name} (as set up for the run)',
  'good.task.labels': 'One of a few labels',
  'good.task.json': 'JSON, field by field',
  'good.task.calls': 'Calls of functions',
  'good.task.text': 'Free text',
  'good.task.plain': 'Text that goes on',
  'good.limit': 'Rows at most',
  'good.limitHelp': 'Where there are more, as many are drawn: always the same ones.',
  'good.choice': 'Labels are compared by',
  'good.choice.sum': 'likelihood',
  'good.choice.mean': 'likelihood per token',
  'good.choiceHelp':
    'The likelihood of a whole label, its end included (sum over its tokens), or the mean for each of its tokens, which favours long labels less strictly.',
  'good.options': 'How it is judged',
  'good.start': 'Evaluate {count} rows',
  'good.goOn': 'Go on: {judged} of {total} rows are judged',
  'good.rest': 'Judge what is held beside it',
  'good.looking': 'Looking at the rows …',
  'good.judging.judged': 'Judging the tuned model',
  'good.judging.base': 'Judging the base model',
  'good.judging.other': 'Judging the other model',
  'good.progress': '{judged} of {total} rows',
  'good.busy': 'Evaluating is possible again when the run that goes on has ended.',
  'good.gaveWay':
    'A run that began has taken its place. What is judged is kept: go on here when that run has ended.',
  'good.elsewhere': 'Another run is just being evaluated.',
  'good.counting': 'Counting …',

  'good.right': '{right} of {total} right',
  'good.rightBase': '{right} of {total} right; the base model {base}',
  'good.perplexity': 'Perplexity {value}',
  'good.perplexityBase': 'Perplexity {value}; the base model {base}',
  'good.whose': '{run}, at step {step}, on {data} ({rows} rows).',
  'good.whose.test': '{run}, at step {step}, on {data} ({rows} rows, its rows for testing).',
  'good.whose.validation': '{run}, at step {step}, on {data} ({rows} rows, held out for validation).',
  'good.part': 'Of {total} rows so far {judged} are judged.',
  'good.noBase': 'The base model has not been judged on all of these rows yet.',
  'good.how.sum':
    'Its answer: of {count} labels the one whose tokens, its end included, are the likeliest together.',
  'good.how.mean':
    'Its answer: of {count} labels the one whose tokens, its end included, are the likeliest on average.',

  'good.note.unseen_labels':
    'The run never learnt {names}, which {count} of these rows ask for: they cannot be right.',
  'good.note.learnt_rows': '{count} of these rows are among those that the run learnt: they flatter it.',
  'good.note.left_out':
    '{count} rows are left out: they have no question or answer, or the run’s preparation or the chat template leaves them out.',
  'good.note.other_columns': 'The file has not the run’s columns; taken: {names}.',
  'good.note.no_training_rows':
    'What the run learnt from is not in this browser any more: what is asked for is told from these rows alone, and there is nothing simpler to hold it against.',
  'good.note.too_long': '{count} rows are left out: they are longer than the model knows.',
  'good.note.drawn': '{count} of the rows were drawn.',
  'good.note.one_label': {
    one: 'The one row asks for {names}: nothing is shown of the other labels. Hold more rows out (Data), or judge another file.',
    other:
      'All {count} rows ask for {names}: whoever always says so is right in each, and nothing is shown of the other labels. Hold more rows out (Data), or judge another file.',
  },
  'good.note.prefix_labels':
    'Labels that begin others ({names}) are told apart by the end of the answer, which counts for each.',
  'good.note.other_labels': {
    one: 'One label of this set the run never learnt ({names}): there it answers by what its base model knows.',
    other:
      '{count} labels of this set the run never learnt ({names}): there it answers by what its base model knows.',
  },
  'good.note.rows': 'Rows {rows}',

  'bench.label': 'Benchmark sets:',
  'bench.banking77': 'Bank questions, 77 labels',
  'bench.banking77Note':
    'What a bank’s customer wants, of 77 things: 10 questions of each, a sample of real ones.',
  'bench.feelings': 'Feelings, 4 labels',
  'bench.feelingsNote': 'Sentences about somebody who is happy, sad, angry or afraid: 20 of each.',
  'bench.general': 'Everyday questions',
  'bench.generalNote':
    'A short check of what was forgotten: simple questions that have nothing to do with what the run learnt.',
  'bench.never': 'No run learns from it; every run is judged by it in the same way.',
  'bench.from': '{title} by {by}, {licence}',
  'forgot.less':
    'Something was forgotten: good answers to everyday questions surprise it more than its base model (perplexity {judged}, before {base}).',
  'forgot.answers':
    'Something was forgotten: what it answers to everyday questions is further from good answers than what its base model says (chrF {judged}, before {base}).',
  'forgot.alike':
    'Nothing that can be told was forgotten: good answers to everyday questions surprise it about as much as its base model (perplexity {judged}, before {base}).',
  'forgot.likelier':
    'Nothing was forgotten: good answers to everyday questions surprise it less than its base model (perplexity {judged}, before {base}).',

  'good.figures': 'All figures',
  'good.figure': 'Figure',
  'good.interval':
    'In brackets: where it lies in 95 of 100 draws of the same rows (bootstrap, {count} draws, seed {seed}).',
  'good.side.judged': 'Tuned',
  'good.side.base': 'Base model',
  'good.side.nearest': 'Nearest words',
  'good.side.majority': 'Most frequent label',
  'good.besideRun': '{run}, step {step}',
  'good.besideModel': '{model}, untuned',
  'good.beside': '{who}: {right} right',
  'good.besidePerplexity': '{who}: perplexity {value}',
  'good.other': 'Beside it, untuned',
  'good.other.none': 'No other model',
  'good.otherHelp':
    'Another model of the shelf answers the same rows as it is: a larger one beside a small one that was tuned.',
  'good.sides':
    'Nearest words: the label of the learnt question that has the likest words. Most frequent label: always the same. A tuned model that does not beat these was not needed.',
  'good.figure.accuracy': 'Right (accuracy)',
  'good.figure.balanced_accuracy': 'Right, each label counting the same (balanced accuracy)',
  'good.figure.macro_f1': 'Macro F1',
  'good.figure.roc_auc': 'ROC-AUC, one against the rest',
  'good.figure.ece': 'Calibration error (ECE)',
  'good.figure.ece_calibrated': 'ECE at the fitted temperature',
  'good.figure.chrf': 'Letters in common (chrF)',
  'good.figure.rouge_l': 'Words in common (ROUGE-L)',
  'good.figure.valid_json': 'Valid JSON',
  'good.figure.equal_fields': 'Fields equal',
  'good.figure.call_name': 'Right function',
  'good.figure.call_arguments': 'Right arguments',
  'good.figure.perplexity': 'Perplexity of the reference',
  'good.figure.token_accuracy': 'Tokens foreseen (token accuracy)',

  'matrix.title': 'What is taken for what',
  'matrix.lede':
    'Rows are what the data says, columns what was answered; the diagonal is right. Labels that are neither are left out.',
  'matrix.label':
    'Confusion matrix of {count} labels: {right} of {total} rows on the diagonal. The table has the same figures.',
  'matrix.cell': '{truth} → {answer}: {count}',
  'matrix.truth': 'The data says',
  'matrix.answer': 'Answered',
  'matrix.count': 'Rows',
  'matrix.open': 'Show the rows: {truth}, answered {answer}',
  'matrix.none': '(none of them)',
  'matrix.asTable': 'As a table',
  'matrix.table': 'What is taken for what, the most frequent first',

  'judged.title': 'Row by row',
  'judged.worst': 'Row by row, the worst first',
  'judged.search': 'Search rows',
  'judged.cell': 'Rows of which the data says “{truth}” and that were answered “{answer}”',
  'judged.all': 'Show all rows',
  'judged.row': 'Row',
  'judged.question': 'Question',
  'judged.reference': 'The data says',
  'judged.answer': 'Answered',
  'judged.base': 'Base model',
  'judged.right': 'Right',
  'judged.wrong': 'wrong',
  'judged.rightMark': 'right',
  'judged.sure': 'How sure',
  'judged.found': { one: '{count} row', other: '{count} rows' },
  'judged.table': 'Judged rows',

  'classes.title': 'Label by label',
  'classes.label': 'Label',
  'classes.support': 'Rows',
  'classes.precision': 'Precision',
  'classes.recall': 'Recall',
  'classes.f1': 'F1',
  'classes.auc': 'ROC-AUC',
  'classes.unseen': '(never learnt)',
  'classes.table': 'Figures label by label',

  'sure.title': 'How far its confidence can be trusted',
  'sure.lede':
    'Of answers it is so sure of, as many should be right. Bars below the line: surer than it should be.',
  'sure.label': 'Reliability: share of right answers by how sure the model was; error (ECE) {ece}',
  'sure.confidence': 'How sure',
  'sure.accuracy': 'Right',
  'sure.count': 'Rows',
  'sure.table': 'Right answers by how sure the model was',
  'sure.temperature': 'Temperature fitted on {count} validation rows: {value}',
  'sure.temperatureSame':
    'Temperature fitted on these {count} validation rows: {value}. Evaluate other rows to see what it does.',
  'sure.noTemperature':
    'No temperature is fitted: evaluate the held-out rows (validation) of this step once.',
  'silent.title': 'Silent when unsure',
  'silent.lede': 'Fewer answers, more of them right: what it is less sure of, a person decides.',
  'silent.threshold': 'Silent if less sure than',
  'silent.all': 'It answers all {count} rows, {right} of them right ({share}).',
  'silent.buys':
    'It answers {answered} of {count} rows, {right} of them right ({share}). Never silent, it has {allRight} of {count} right ({allShare}).',
  'silent.none': 'It is so sure of none of the {count} rows, and would answer none.',
  'silent.honest':
    'The threshold goes into the files below, and is shown with the labels of a question. Chosen by these rows it looks a little better than it is: evaluate other rows with it, too.',
  'silent.answered': 'Answers',
  'silent.accuracy': 'Of these right',
  'silent.table': 'All thresholds',

  'labels.open': 'Look at its labels',
  'labels.lede':
    'How likely each label is as the answer to this question: of all labels together 100%. No token is written.',
  'labels.table': 'Labels, the likeliest first',
  'labels.silent':
    'Its likeliest label, {label}, has {share}: less than your threshold of {threshold}. It would be silent.',

  'save.rows': 'Rows (CSV)',
  'save.figures': 'Figures (JSON)',
  'save.svg': 'Picture (SVG)',
  'save.png': 'Picture (PNG)',
} as const
