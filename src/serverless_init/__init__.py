"""An independent implementation of Datadog's serverless-init: a container's entrypoint."""

__version__ = "0.1.0"
