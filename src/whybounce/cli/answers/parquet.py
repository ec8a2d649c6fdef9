"""Parquet, by pyarrow, which is imported here and nowhere else."""

from typing import TYPE_CHECKING, BinaryIO

from whybounce.cli.answers.table import COLUMNS, Row, Type
from whybounce.cli.refusal import Refusal
from whybounce.wording import Speaker

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_A_GROUP = 10_000  # Held in memory until they are written as one group.


class Rows:
    """Rows that are written in groups; the file can be read once it is closed."""

    def __init__(self, file: BinaryIO, _: Speaker) -> None:
        try:
            import pyarrow as pa  # noqa: PLC0415  # it is large, and an extra
            from pyarrow import parquet  # noqa: PLC0415  # likewise
        except ImportError:
            raise Refusal(
                "--format parquet needs pyarrow; install it: pip install 'whybounce[parquet]'"
            ) from None
        self._pa = pa
        self._schema = pa.schema([(column.name, _type(pa, column.type)) for column in COLUMNS])
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[Row] = []

    def write(self, part: list[Row], /) -> None:
        """Take one mail's rows."""
        self._rows += part
        if len(self._rows) >= _ROWS_A_GROUP:
            self._write_group()

    def close(self) -> None:
        """Write the last group, and the list of groups without which nobody can read the file."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        columns = [
            self._pa.array(cells, field.type)
            for cells, field in zip(zip(*self._rows, strict=True), self._schema, strict=True)
        ]
        self._writer.write_table(self._pa.Table.from_arrays(columns, schema=self._schema))
        self._rows.clear()


def _type(pa: "pa", kind: Type) -> "pa.DataType":
    match kind:
        case Type.TEXT:
            return pa.string()
        case Type.INTEGER:
            return pa.int32()
        case Type.BOOLEAN:
            return pa.bool_()
        case Type.TIME:
            return pa.timestamp("ms", tz="UTC")
