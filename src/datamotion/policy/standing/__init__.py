"""How a group stands, from what clusters report: whose copy each volume is, who serves, and what nobody can tell.

`standing` builds it from `membership`, `serving`, `claims` and `evidence`; `doubts`, `unreadable` and `sites` are what
it is not sure of.
"""
