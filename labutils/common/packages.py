"""Which packages are installed."""

import importlib.metadata


def installed_version(name: str) -> str | None:
    """The version of an installed package; None if it is not there.

    An import would take a folder of that name, as wandb makes, for the package.
    """
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
