"""Answering by Strawberry's executor: its types, and the resolvers that drive the fields."""
