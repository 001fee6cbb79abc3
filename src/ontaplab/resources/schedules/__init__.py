"""/cluster/schedules"""
