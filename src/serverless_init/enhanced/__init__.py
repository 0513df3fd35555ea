"""Floor 3: metrics about the container itself, and the span of a job's task."""

from serverless_init.enhanced.component import Enhanced
from serverless_init.enhanced.files import KernelFiles
from serverless_init.enhanced.job_span import JobSpan
from serverless_init.enhanced.reading import Reading, Wanted, measurements
from serverless_init.enhanced.subject import Subject

__all__ = ["Enhanced", "JobSpan", "KernelFiles", "Reading", "Subject", "Wanted", "measurements"]
