"""The output of a cell."""


def enable_custom_widget_manager() -> None:
    """Colab then loads widgets of others; ipywidgets' own need it not."""


def clear() -> None:
    """Empty the cell's output."""
    from IPython.display import clear_output

    clear_output()
