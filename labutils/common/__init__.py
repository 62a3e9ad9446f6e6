"""What every step uses: errors, files, the device, and what a stage costs."""
