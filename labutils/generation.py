"""Summaries from a model: whole batches, in eval mode, in the caller's order."""

from contextlib import contextmanager


@contextmanager
def evaluating(model):
    """Dropout off inside the block, and whatever mode the model was in after it.

    A model fresh from training is in train mode: with dropout on, the same greedy call gives a
    different text each time.
    """
    was_training = model.training
    model.eval()
    try:
        yield model
    finally:
        model.train(was_training)


def generate(
    model,
    tokenizer,
    prompts,
    *,
    max_new_tokens=128,
    batch_size=32,
    seed=None,
    progress=False,
    **options,
):
    """Let the model answer each prompt; greedy unless `options` say otherwise.

    Prompts of like length share a batch, so little is spent on padding; the attention mask keeps
    pads out of the result, so a batch gives the texts that one prompt at a time gives.

    Args:
        model: a T5-like model or a peft model around one.
        tokenizer: its tokenizer.
        prompts: texts, already short enough (`prompts.fit_prompts`).
        max_new_tokens: limit in tokens. transformers' own default of 20 would cut most summaries.
        batch_size: prompts a batch.
        seed: for sampling (`do_sample=True`).
        progress: show a bar.
        options: passed to transformers' `generate`, such as num_beams or do_sample.

    Returns:
        A list of texts in the order of `prompts`.
    """
    import torch
    from tqdm.auto import tqdm

    if seed is not None:
        torch.manual_seed(seed)
    # By length, longest first: little padding, and if memory is too small, it shows at once.
    order = sorted(range(len(prompts)), key=lambda i: -len(prompts[i]))
    answers = [""] * len(prompts)
    bar = tqdm(total=len(prompts), desc="generating", leave=False, disable=not progress)
    with evaluating(model), torch.inference_mode(), bar:
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            batch = tokenizer([prompts[i] for i in chosen], padding=True, return_tensors="pt")
            output = model.generate(
                input_ids=batch["input_ids"].to(model.device),
                attention_mask=batch["attention_mask"].to(model.device),
                max_new_tokens=max_new_tokens,
                **{"do_sample": False, **options},
            )
            for i, text in zip(chosen, tokenizer.batch_decode(output, skip_special_tokens=True)):
                answers[i] = text.strip()
            bar.update(len(chosen))
    return answers
