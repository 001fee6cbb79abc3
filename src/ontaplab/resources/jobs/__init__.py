"""/cluster/jobs"""
