"""/snapmirror/policies"""
