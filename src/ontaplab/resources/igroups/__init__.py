"""/protocols/san/igroups"""
