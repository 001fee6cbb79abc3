"""/svm/peers"""
