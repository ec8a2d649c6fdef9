"""What --json prints."""

import json

from whybounce.cli.json_line import print_json
from whybounce.wire import SCHEMA
from whybounce.wire.shapes import Defect


def test_an_object_is_one_line_whatever_it_holds(capsys):
    """A line feed in a stranger's words ends no line, and letters stay letters."""
    print_json(Defect(where="a\nb", what="für → alle\u2028"))
    print_json({"schema": SCHEMA})

    lines = capsys.readouterr().out.split("\n")
    assert [json.loads(line) for line in lines[:-1]] == [
        {"where": "a\nb", "what": "für → alle\u2028"},
        {"schema": SCHEMA},
    ]
    assert "für" in lines[0]
    assert lines[-1] == ""
