def words_of(model):
    """Log-probabilities of an answer's tokens under a model of Transformers, in float32."""
    import torch

    def log_probabilities(ids, answer):
        with torch.inference_mode():
            rows = model(input_ids=torch.tensor([ids + answer])).logits[0, len(ids) - 1 : -1]
        logs = torch.log_softmax(rows.float(), -1)
        return [(logs[i, token].item(), -math.inf) for i, token in enumerate(answer)]

    return log_probabilities
