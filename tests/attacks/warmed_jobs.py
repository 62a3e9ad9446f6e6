"""What the process imports from which all `jobs` are forked."""

import jobs

jobs.warm_up()
