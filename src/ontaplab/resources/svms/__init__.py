"""/svm/svms"""
