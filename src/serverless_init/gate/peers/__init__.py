"""Other programs that do part of the same, measured beside us under the same load.

`fetch` puts them into a cache, `targets` knows how each is started and what it delivers, `load`
and `mix` are what is sent, `sender`, `sinks` and `process` are the rig, `measure` is one run,
`summary` and `page` are what a person reads.
"""
