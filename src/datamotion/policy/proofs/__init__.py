"""Whether what an act was to bring about is there: told by a look at the clusters, and by nothing else.

`proof` says what one is; the others are by what they are about. `policy/kinds.py` says which act goes by which.
"""
