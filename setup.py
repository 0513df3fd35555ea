"""Builds the compiled twins; everything else about the project stands in pyproject.toml.

Without a C compiler the build says so and goes on: the Python twin does the same, slower. With
SERVERLESS_INIT_CHECKED set, memory accesses are checked by the compiler's sanitizers, for tests.
"""

import os

from Cython.Build import cythonize
from setuptools import Extension, setup

TWINS = (
    "serverless_init.sampler._fast",
    "serverless_init.reception._receiver",
    "serverless_init.traces._fast",
)
# Two builds of the same files are the same bytes, and small. No contraction: a fused multiply and
# add would round otherwise than Python does.
ORDINARY = (["-O2", "-g0", "-ffp-contract=off"], ["-Wl,--strip-all"])
SANITIZERS = "-fsanitize=address,undefined"
CHECKED = (["-O1", "-g", "-ffp-contract=off", SANITIZERS], [SANITIZERS])


checked = bool(os.environ.get("SERVERLESS_INIT_CHECKED"))
compile_args, link_args = CHECKED if checked else ORDINARY
extensions = cythonize(
    [
        Extension(
            name,
            [f"src/{name.replace('.', '/')}.pyx"],
            extra_compile_args=compile_args,
            extra_link_args=link_args,
        )
        for name in TWINS
    ],
    build_dir="build/checked" if checked else "build/cython",
    compiler_directives={"boundscheck": checked, "wraparound": False},
)
for extension in extensions:
    extension.optional = not checked
setup(ext_modules=extensions)
