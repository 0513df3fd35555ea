"""``python -m serverless_init`` is ``serverless-init``."""

from serverless_init.entrypoint import main

main()
