"""/storage/qos/policies"""
