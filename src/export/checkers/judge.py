def judge(log_probabilities, proof, same=None):
    """
    0 "works", 1 "loaded but without effect" (or with less than a fiftieth of it), 2 "differs".
    log_probabilities(ids, answer): of the answer's tokens behind the prompt, natural logs, each with the least that can be told.
    """
    if not any(prompt["answer_ids"] for prompt in proof["prompts"]):
        raise ValueError("proof.json holds no answer: nothing can be told by it")
    away, effect = {"tuned": 0.0, "base": 0.0}, 0.0
    for prompt in proof["prompts"]:
        effect = max([effect, *(abs(a - b) for a, b in zip(prompt["tuned"], prompt["base"], strict=True))])
        found = log_probabilities(prompt["ids"], prompt["answer_ids"])
        for of in away:
            for (log, least), expected in zip(found, prompt[of], strict=True):
                apart = abs(log - max(expected, least))
                away[of] = max(away[of], apart if math.isfinite(apart) else math.inf)
    reason = "as given" if same else proof["tolerance"]["reason"]
    same = same or proof["tolerance"]["nats"]
    if away["tuned"] <= same and away["tuned"] < away["base"]:
        code, verdict = 0, "works"
    # What the base holds for unlikely is moved further by the same rounding.
    elif away["base"] <= max(same, effect / 50):
        code, verdict = 1, "loaded but without effect"
    else:
        code, verdict = 2, "differs"
    print(verdict)
    print(f"Log-probabilities of {len(proof['prompts'])} answers are up to {away['tuned']:.2g} from the fine-tuned model's,")
    print(f"up to {away['base']:.2g} from the base's; {same:g} count as the same: {reason}")
    if code == 1 and away["base"] > same:
        print(f"That is less than a fiftieth of what the adapter changes, {effect:.2g}.")
    if effect <= same:
        print(f"The two are at most {effect:.2g} from each other: in this format they are hardly told apart.")
    return code


def main(arguments=None):
    options = parser()
    options.add_argument("--same", type=float, metavar="NATS", help="what counts as the same, such as more on a base in fewer bits than where it was trained")
    options = options.parse_args(arguments)
    if not (HERE / "proof.json").exists():
        raise FileNotFoundError(f"{HERE / 'proof.json'} is not there, which says what it did where it was trained: take it from the same export")
    proof = json.loads((HERE / "proof.json").read_text(encoding="utf-8"))
    try:
        log_probabilities = load(options, proof)
    except ImportError:
        raise
    except Exception as error:
        print(f"What was learnt belongs to {proof['base']['name']}: is that the base model here?", file=sys.stderr)
        raise error
    return judge(log_probabilities, proof, options.same)


def told(error):
    """Why nothing could be told, in a few lines."""
    if isinstance(error, ImportError) and error.name:
        return f"{error.name.split('.')[0]} is missing here: pip install{__doc__.split('pip install')[1].rstrip()}"
    lines = str(error).strip().splitlines()
    more = f"\n({len(lines) - 3} lines more)" if len(lines) > 4 else ""
    return f"{type(error).__name__}: " + "\n".join(lines[:3] if more else lines) + more


if __name__ == "__main__":
    try:
        code = main()
    except SystemExit as end:
        code = 3 if end.code else 0
    except BaseException as error:
        print(f"check.py could not tell. {told(error)}", file=sys.stderr)
        code = 3
    sys.exit(code)
