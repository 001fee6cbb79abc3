"""/cluster"""
