"""Stands in for Colab's own package: what a notebook may ask of it, without a browser."""

from google.colab import drive, files, output

__all__ = ["drive", "files", "output"]
