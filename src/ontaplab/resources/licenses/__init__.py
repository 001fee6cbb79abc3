"""/cluster/licensing/licenses"""
