"""`python -m zjobtui` is the command `zjobtui`."""

from zjobtui.cli import main

main()
