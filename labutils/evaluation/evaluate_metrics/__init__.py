"""The lab's ROUGE and fact score as metrics of the `evaluate` library, loaded without a network.

    evaluate.load(DIALOGUE_ROUGE).compute(predictions=["..."], references=[["...", "..."]])

`evaluate.load("rouge")` fetches its script from the Hub and fails offline (evaluate#315, #678). A
folder's script it copies into its cache of modules and imports from there, so that a script must
import the lab by its full name.
"""

from pathlib import Path

DIALOGUE_ROUGE = str(Path(__file__).with_name("dialogue_rouge"))
FACT_SCORE = str(Path(__file__).with_name("fact_score"))
