"""What a notebook shows of runs: tables, plots, live curves and widgets."""
