"""Files that people upload and download: tables in, workbooks out.

``reader.open_table`` reads, ``headers.find_header`` recognises the columns, ``writer`` writes.
Nothing is imported here: the process that reads foreign files starts from this package and must
start fast.
"""
