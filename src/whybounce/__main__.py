"""``python -m whybounce``."""

from whybounce_command import main

if __name__ == "__main__":
    main()
