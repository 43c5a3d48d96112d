"""`python -m makemore`: the command `makemore`."""

from makemore.cli.main import main

if __name__ == "__main__":
    main()
