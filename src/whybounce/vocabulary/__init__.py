"""Vocabulary: the nouns. Frozen, small, documented at the field; one word for each thing.

A mail server's **reply** carries a **status code**. What became of one recipient is an
**outcome**; everything one delivery report says is a **report**. The catalogue's **cause** applied
to an outcome is an **explanation**; a report with its explanations is a **diagnosis**; said in a
language it is **words**. What else a header shows is a **note**. A live check answers with a
**finding**.

Nothing here does anything: verbs live in the packages above. Those that reading makes by the dozen
for each mail are msgspec's Structs, which are made in a tenth of a frozen dataclass's time.
"""
