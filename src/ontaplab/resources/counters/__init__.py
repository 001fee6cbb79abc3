"""/cluster/counter/tables"""
