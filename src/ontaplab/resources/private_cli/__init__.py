"""/private/cli"""
