"""Files: whole or absent, named by what they depend on, and read as people have them.

Kept: `artifacts`, named by their inputs and the `code` behind them, on `disk`. Given: `containers`
(folders and zip archives), `opening` with faults in a sentence, `spreadsheet`; from elsewhere,
`download` and `archives`. Names: `identifiers` as people spell them, `pseudonyms`. `workers` read
and write in processes; `compiled` keeps the code of loops.
"""
