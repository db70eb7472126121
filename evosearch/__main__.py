"""`python -m evosearch` is the command line."""

from evosearch.cli.main import main

if __name__ == "__main__":
    main()
