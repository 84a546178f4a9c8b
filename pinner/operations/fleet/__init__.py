"""One question for many repositories: which they are, what is asked of each, who works it out.

The other operations and what is below them come in, and Dask. What is done for one repository asks
no registry: all questions come together, and each is asked once.
"""
