"""/cluster/nodes"""
