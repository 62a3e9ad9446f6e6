"""The kernel as Colab starts it: google.colab is loaded before the first cell runs."""

import os

import google.colab  # noqa: F401
from ipykernel import kernelapp

if os.environ["SIMULATED_GPU"] == "T4":
    import simulated_t4  # noqa: F401

if __name__ == "__main__":
    kernelapp.launch_new_instance()
