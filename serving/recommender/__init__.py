"""The recommender: random walks over the graph of users and the items they play, as a REST service.

The graph is made from the histories in the store (`build`), lies in memory-mapped files (`files`), and follows the
store (`keeper`) with an overlay of the users who changed (`overlay`).
"""
