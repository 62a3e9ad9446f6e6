"""What keeps the repository: published results, the benchmark, the instructor edition."""
