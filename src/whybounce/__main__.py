"""``python -m whybounce``."""

from whybounce.cli import main

if __name__ == "__main__":
    main()
