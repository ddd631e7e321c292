"""Machine learning on tables, from raw CSV to watched predictions: one package for every step's container.

Needs pandas, scikit-learn, xgboost and matplotlib, as SageMaker's XGBoost image has them (Python 3.9 or newer). It
knows files only: no AWS client, no container path, no environment variable.
"""
