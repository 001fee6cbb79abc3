"""/cluster/peers"""
