"""Helpers of the fine-tuning lab, one module for each step of a lesson.

Data becomes prompts, prompts become batches, a model is trained on them and answers, the answers
are scored: tracks, data, prompts, batching, models, adapters, training, generation, runs, engine.
Beside the steps lie evaluation/, multitask/, views/, exercises/, demo/, own_chats/ and commands/,
below them common/; CONTRIBUTING.md has the whole tree, and pyproject.toml its layers, which
import-linter holds.

The notebooks import from the modules, because that says where a thing is taught. Importing one
changes nothing: torch and transformers load when a function first needs them.
"""
