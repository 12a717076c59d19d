"""Files on their way in: one engine for every kind of file.

A *kind* (`kinds.ImportKind`) knows its columns, checks rows and writes them; the engine (`runs`)
stores the upload, recognises columns, checks, applies in resumable chunks, and gives rejected
rows back. The page, the command line and the worker call the same functions.
"""
