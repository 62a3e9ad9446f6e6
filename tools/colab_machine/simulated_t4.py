"""What torch tells of a T4, where there is none: enough to decide by, nothing to compute with.

A T4 has compute capability 7.5, so no bf16, and 15 GiB.
"""

from types import SimpleNamespace

import torch

T4 = SimpleNamespace(
    name="Tesla T4", major=7, minor=5, total_memory=15_828_320_256, multi_processor_count=40
)

torch.cuda.is_available = lambda: True
torch.cuda.device_count = lambda: 1
torch.cuda.get_device_name = lambda device=None: T4.name
torch.cuda.get_device_capability = lambda device=None: (T4.major, T4.minor)
torch.cuda.get_device_properties = lambda device=None: T4
# As on a real T4: torch counts the emulated one.
torch.cuda.is_bf16_supported = lambda including_emulation=True: including_emulation
