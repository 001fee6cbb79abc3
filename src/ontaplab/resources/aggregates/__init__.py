"""/storage/aggregates"""
