"""Whom a bounce's words are about: the addresses it names, and what it says about each.

Bounces without a machine part are read by their structure, which all languages share: an address
at the head of a line, or behind a label, and below it what went wrong. The places are tried in
the order of ``_PLACES``, the surest first; the first that names anybody decides.
"""

import re
from collections.abc import Callable, Iterable

from msgspec import Struct

from whybounce.notation.verp import Fields, sent_to
from whybounce.vocabulary.report import Original

_MOST_RECIPIENTS = 1_000
_LONGEST_ACCOUNT = 4_000  # What is said about one recipient.
_LONGEST_LINE = 2_000

# In brackets anything goes that RFC 5321 §4.1.2 lets stand unquoted. Outside them "=" ends a name
# (``to=anna@example.org``), but for the return paths that rewriters make with it.
_LOCAL_PART = (
    r"(?:\"[^\"\n]{1,64}\"|(?<=<)[^\s<>@,;:()\[\]\"]{1,128}|(?:SRS[01]|prvs|btv1)=[^\s<>@,;:()\[\]\"|]{1,120}"
    r"|[^\s<>@,;:()\[\]\"'|=][^\s<>@,;:()\[\]\"|=]{0,127})"
)
_DOMAIN = r"(?:\[[0-9A-Fa-f.:]{2,60}\]|[\w](?:[\w.-]{0,252}[\w])?)"
ADDRESS = rf"{_LOCAL_PART}@{_DOMAIN}"
_ADDRESS = re.compile(ADDRESS)
_ALONE = re.compile(rf"(?:\"[^\"\n]{{1,64}}\"|[^\s<>@,;:()\[\]\"]{{1,128}})@{_DOMAIN}")

# Nobody's mailbox failed here: they wrote the report, or help with it.
_NO_RECIPIENT = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|abuse|no-?reply|hostmaster)@", re.IGNORECASE
)

# A line that is about the address at its head: nothing but a mark, a remark or a list of them follows.
_HEADED = re.compile(
    rf"""[\s|>*•·–-]{{0,16}}
        (?:(?:SMTP|rfc822)[;:]\s?)?
        [<("'\[]{{0,2}}(?P<address>{ADDRESS})[>)"'\]]{{0,2}}
        (?:[<(]?mailto:[^\s>)]{{1,320}}[>)]?)?
        (?P<remark>\s*(?:\((?:[^()\n]|\([^()\n]{{0,100}}\)){{0,300}}+\)|\([^)\n]{{0,300}}\)?|\[[^\]\n]{{0,300}}\]?)\s*)?
        (?:\s*[:;,]|\s*\.\.\.|\s*-+\s|\s+on\s+\w[^\n]{{2,60}}$|\s*$|\s{{2,}}|\.$)""",
    re.VERBOSE | re.IGNORECASE,
)
_NAMED = re.compile(
    rf"""[\s|>*•·–-]{{0,16}}[^<:\n]{{1,100}}
        [<(](?:mailto:)?(?P<address>{ADDRESS})[>)](?:[<(]mailto:[^\s>)]{{1,320}}[>)])?
        (?P<remark>)\s*(?::(?=\s|$)|$)""",
    re.VERBOSE | re.IGNORECASE,
)
_ANSWERED = re.compile(
    rf"[ \t]{{0,8}}[45]\d\d[ -](?:[45]\.\d\.\d{{1,3}} )?[<\"]?(?P<address>{ADDRESS})[>\"]?(?:\.\.\.|:)"
)
# Notes names people by their place in the organisation: "Anna Berg/Sales/Example@EXAMPLE".
_HIERARCHICAL = re.compile(
    r"[ \t>]{0,16}(?P<address>[^\W\d_][\w.'-]{0,40}(?: [\w.'-]{1,40}){0,4}(?:/[\w.&'-]{1,40}(?: [\w.&'-]{1,40}){0,3}){1,5}@[\w.-]{1,64})(?P<remark>)[ \t]*$"
)
# A line that begins with the address and goes on in words: "anna@example.org User unknown".
_BEGUN = re.compile(
    rf"[\s|>*•·–-]{{0,16}}[<\"'(]{{0,2}}(?P<address>{ADDRESS})[>\"')]{{0,2}}(?P<remark>)\s+(?=\S)"
)
# A line whose label says that the address behind it is the one.
_LABELLED = re.compile(
    rf"""[\s|>*•·–\[-]{{0,16}}
        (?![^@\n]{{0,40}}?\b(?:sender|from|absender|exp[ée]diteur|remitente|remetente|mittente|afzender|отправител|送信者|发件人|寄件))
        (?:[^@\n]{{0,60}}\b)?
        (?:(?:failed|rejected|final|intended|unknown|invalid|bad|undeliverable|original)?[ -]?
             (?:recipients?|addressee?|address(?:es)?|user(?:id)?|mailbox|account|user\ name)(?:\(s\))?(?:\ (?:name|address|e-?mail))?
           |rcpt\ to|undeliverable\ {{1,3}}to|\d+\ attempts|envio\ a|destinat[\w]{{2,8}}|empf[\w]{{2,8}}|receptor
           |geadresseerden?|ontvangers?|adresa(?:t\w{{0,4}}|ci)|odbiorc\w{{1,4}}|příjemc\w{{1,3}}|mottagare\w{{0,2}}|mottaker\w{{0,2}}|modtager\w{{0,2}}|címzett\w{{0,4}}|alıcı\w{{0,4}}|수신자|받는\ ?사람
           |адрес\w{{0,4}}|получател\w{{0,4}}|宛先|收件人)
        (?:\s*(?:[:=]\s*|\ {{1,3}}|\ is:?\ {{1,3}})|\ [^\n@:]{{1,40}}:\s)
        (?:\(?\s*)[<"'(\[]{{0,2}}(?:mailto:)?(?P<address>{ADDRESS})[>"')\]]{{0,2}}(?P<remark>)""",
    re.VERBOSE | re.IGNORECASE,
)
# A sentence that says to whom it was not delivered.
_TOLD = re.compile(
    rf"""\b(?:(?:deliver(?:ed|ing|y)?|sen[dt](?:ing)?|transmit(?:ted)?|e?mail(?:ed)?|message|reached?|reach|forwarded|intended|addressed|invio|entreg\w{{1,8}})
            (?:(?!\.\s)[^\n@]){{0,80}}?\b(?:to|for|an|a|para|à|al)\b
          | (?:nachricht|mensaje|mensagem|messaggio|bericht|wiadomoś\w{{1,3}}|zpráv\w|meddelande\w{{0,2}}|besked\w{{0,2}}|письм\w|сообщени\w)
            \ (?:an|a|para|per|aan|do|pro|til|till|для|на(?:\ адрес)?)(?=\ [<"'(\[]{{0,2}}[^\s@]{{1,64}}@)
          | (?:rejected|unknown|invalid|no\ such)\ (?:recipient|user|address|mailbox)
          | (?:user|mailbox|recipient|address|account)
          | account\ of|mailbox\ (?:of|for)|addressed,|voor|für|could\ not\ be\ reached:)
        [\s:]{{1,3}}(?:\w{{1,20}}\s)?[<"'(\[]{{0,2}}(?P<address>{ADDRESS})""",
    re.VERBOSE | re.IGNORECASE,
)
_TO = re.compile(
    rf"[ \t]*(?:to|an|à|para|a|aan)[ \t]{{0,12}}:[ \t]*<?(?P<address>{ADDRESS})", re.IGNORECASE
)
_COMMANDED = re.compile(rf"RCPT TO:\s*<?(?P<address>{ADDRESS})", re.IGNORECASE)

# What an address stands for: an alias, a list, a forwarding.
_EXPANDED = re.compile(
    rf"\(\s*(?:expanded|generated|ultimately generated|forwarded)\s+from:?\s*<?({ADDRESS})>?",
    re.IGNORECASE,
)
# Mailboxes without their domain, each at the head of a line, below one that says whose they are.
_LOCAL_NAMES = re.compile(
    r"^(?![^\n]*\b(?:reason|error|said|response|answer)\b)[^\n]{0,200}\b(?:recipients?|addressees?|users?|mailbox(?:es)?|delivered to)\b[^\n]{0,200}:[ \t]*\n"
    r"(?:[ \t]*\n)?((?:[ \t]{0,16}<?[A-Za-z0-9][A-Za-z0-9._-]{1,63}>?(?:[ \t]{2,16}[^\n@]{2,200}|[ \t]*)(?:\n|$)){1,50})",
    re.IGNORECASE | re.MULTILINE,
)
# Outlook's names stand for addresses that only its Exchange server knows: its own mark is below.
_DISPLAY_NAMES = re.compile(
    r"^[ \t]{1,16}(?P<name>[^\s@][^\n@]{0,80}?) (?:on|am|le|el|il|op|em|den|på) (?P<said>\d[^\n]{5,60}\n"
    r"(?:[ \t]+[^\s<][^\n]{0,500}\n){0,6}[ \t]+(?:<[^\s<>]{1,255} #\d\.\d{1,3}\.\d{1,3}|MSEXCH:)[^\n]{0,1000})",
    re.MULTILINE,
)
_BROKEN_REMARK = re.compile(r"(\((?:expanded|generated|ultimately generated)\s+from:?)[ \t]*\n\s*")
_MAILTO = re.compile(r"<mailto:[^\s<>]{1,320}>")
# Chinese, Japanese and Korean put no space between an address and the words around it.
_EAST_ASIAN = "\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff01-\uffef"
_BEGINS_UNSPACED = re.compile(
    rf"(?<=[{_EAST_ASIAN}])(?=[A-Za-z0-9][A-Za-z0-9._+-]{{0,63}}@[A-Za-z0-9])"
)
_ENDS_UNSPACED = re.compile(rf"(@[A-Za-z0-9.-]{{1,253}}[A-Za-z])(?=[{_EAST_ASIAN}])")
# X.400 writes Internet addresses as an attribute, RFC 2156 §4.2.
_X400 = re.compile(
    r"(?:RFC-822|SMTP)=([^\s/;]{1,128})\(a\)([^\s/;]{1,128})|dda:SMTP=([^\s/;]{3,255})",
    re.IGNORECASE,
)


# What is said before the address of somebody who helps.
_OFFERED = re.compile(
    r"\b(?:contact|write to|reply to|ask|(?:e-?mail|reach|call) us at|(?:support|help|assistance) at|(?:report|forward) (?:this|it) to)\b[^\n.@]{0,40}$",
    re.IGNORECASE,
)
SOLE_ADDRESS = "the only address in the text"  # The rule of the weakest place but two.


class Named(Struct, frozen=True):
    """A recipient as the bounce names it."""

    address: str
    said: str  # What stands about it; empty where only the whole account is.
    original: str | None = None  # The address it was expanded from.
    inferred: str | None = None  # The rule, where the bounce itself does not say who failed.


class _Page(Struct, frozen=True):
    """What the places look at."""

    text: str
    lines: tuple[tuple[int, str], ...]  # With an address in it, and where each begins.
    not_these: frozenset[str]
    header: tuple[str, ...]  # X-Failed-Recipients.
    fields: Fields  # Of the report.
    original: Original | None


def recipients_of(
    text: str,
    *,
    own: Iterable[str],
    header: str | None,
    original: Original | None,
    fields: Fields = (),
) -> list[Named]:
    """Return the recipients in the order of the account.

    ``own`` are the report's own addresses, ``fields`` those of its header.
    """
    text = _internet_addresses(_without_broken_remarks(_spaced(_MAILTO.sub(" ", text))))
    page = _Page(
        text=text,
        lines=tuple(_lines_with_addresses(text)),
        not_these=frozenset(address.lower() for address in own),
        header=tuple(_ADDRESS.findall(header or "")),
        fields=fields,
        original=original,
    )
    return next((named for place in _PLACES if (named := place(page))), [])


def is_address(value: str) -> bool:
    """Say whether the value is one address and nothing else, whatever letters its name has."""
    return _ALONE.fullmatch(value) is not None


def addresses_in(value: str | None) -> list[str]:
    """Return the addresses that stand in a text or a header field, in order."""
    if not value or "@" not in value:
        return []
    return [
        address for line in value.split("\n") if "@" in line for address in _ADDRESS.findall(line)
    ]


def _lines_with_addresses(text: str) -> Iterable[tuple[int, str]]:
    at = 0
    for line in text.split("\n"):
        if "@" in line and len(line) <= _LONGEST_LINE:
            yield at, line
        at += len(line) + 1


def _spaced(text: str) -> str:
    """Part addresses from the East Asian words that stand right before and behind them."""
    if text.isascii():
        return text
    return _ENDS_UNSPACED.sub(r"\1 ", _BEGINS_UNSPACED.sub(" ", text))


def _without_broken_remarks(text: str) -> str:
    if "(expanded" not in text and "generated" not in text:
        return text
    return _BROKEN_REMARK.sub(r"\1 ", text)


def _internet_addresses(text: str) -> str:
    """Write X.400's ``RFC-822=anna(a)example.org`` as the address it is."""
    if "(a)" not in text and "dda:" not in text.lower():
        return text
    return re.sub(
        r"[^\s]{0,200}(?:RFC-822|SMTP)=[^\s]{1,300}",
        lambda run: " ".join(m[3] or f"{m[1]}@{m[2]}" for m in _X400.finditer(run[0])) or run[0],
        text,
        flags=re.IGNORECASE,
    )


def _header_field(page: _Page) -> list[Named]:
    """Take X-Failed-Recipients, which names them all, with the text below each one's line."""
    if not page.header:
        return []
    about = {named.address.lower(): named for named in _headed_lines(page)}
    header = list(dict.fromkeys(address.lower() for address in page.header))
    if len(about) == len(header) and not set(about) & set(header):
        return list(about.values())  # The field has the address before forwarding, the text after.
    return [
        about.get(address.lower()) or Named(address, _around(page.text, address))
        for address in dict.fromkeys(page.header)
    ]


def _headed_lines(page: _Page) -> list[Named]:
    return _by_line(page, _HEADED.match, own_lines_only=True)


def _hierarchical_names(page: _Page) -> list[Named]:
    return _by_line(page, lambda line: _HIERARCHICAL.match(line) if "/" in line else None)


def _transcript_lines(page: _Page) -> list[Named]:
    """Take replies with the address in front: ``554 <anna@example.org>... Host unknown``.

    What was said to which command stands above such a line, Sendmail's verdict on it.
    """
    answered = [
        (at, at + len(line), match)
        for at, line in page.lines
        if (match := _ANSWERED.match(line)) and _may_fail(match["address"], page)
    ][:_MOST_RECIPIENTS]
    begins = [0, *(end for _, end, _ in answered)]
    said = {
        match["address"]: page.text[max(begin, end - _LONGEST_ACCOUNT) : end].strip()
        for begin, (_, end, match) in zip(begins, answered, strict=False)
    }
    return [Named(address, about) for address, about in said.items()]


def _named_lines(page: _Page) -> list[Named]:
    return _by_line(page, _NAMED.match, own_lines_only=True)


def _labelled_lines(page: _Page) -> list[Named]:
    return _by_line(page, _LABELLED.match)


def _begun_lines(page: _Page) -> list[Named]:
    return _by_line(page, _BEGUN.match)


def _told_in_a_sentence(page: _Page) -> list[Named]:
    return _by_line(page, lambda line: _TOLD.search(line) or _COMMANDED.search(line))


def _to_in_the_text(page: _Page) -> list[Named]:
    """Take the To line of a message that the account describes in its own words."""
    return _by_line(page, _TO.match)


def _known_from_the_original(page: _Page) -> list[Named]:
    """Take whom the text names of those the returned message was addressed to."""
    addressed = {a.lower() for a in addresses_in(page.original.to if page.original else None)}
    found = [a for a in addresses_in(page.text) if a.lower() in addressed]
    return [Named(a, _around(page.text, a)) for a in list(dict.fromkeys(found))[:_MOST_RECIPIENTS]]


def _expanded_only(page: _Page) -> list[Named]:
    """Take what it was expanded from, where the failed address itself is withheld."""
    return [Named(a, "") for a in dict.fromkeys(_EXPANDED.findall(page.text))]


def _written_in_the_return_path(page: _Page) -> list[Named]:
    """Take whom the message was sent to, where the address it was sent from has that in it."""
    found = sent_to(page.fields, page.original.headers if page.original else ())
    return [Named(found.recipient, "", inferred=found.rule)] if found else []


def _local_names(page: _Page) -> list[Named]:
    """Take mailboxes that are named without a domain: those of the system that wrote the report."""
    writers = [
        a for name, value in page.fields if name.lower() == "from" for a in addresses_in(value)
    ]
    found = _LOCAL_NAMES.search(page.text) if len(writers) == 1 else None
    if found is None:
        return []
    domain = writers[0].rpartition("@")[2]
    rule = "the name in the text, at the domain of the report's writer"
    names = [line.split()[0].strip("<>") for line in found[1].split("\n") if line.strip()]
    return [
        Named(f"{name}@{domain}", page.text[: found.end()][-_LONGEST_ACCOUNT:], inferred=rule)
        for name in names
    ]


def _sole_address(page: _Page) -> list[Named]:
    found = {a.lower(): a for a in addresses_in(page.text) if _may_fail(a, page)}
    if len(found) != 1:
        return []
    return [Named(a, _around(page.text, a), inferred=SOLE_ADDRESS) for a in found.values()]


def _addressee_of_the_original(page: _Page) -> list[Named]:
    """Take whom the returned message was addressed to, where that is one and nobody else is named."""
    addressed = addresses_in(page.original.to if page.original else None)
    if page.original is None or len(addressed) != 1 or _is_of_a_list(page.original):
        return []
    return [Named(addressed[0], "", inferred="the To field of the original; the text names nobody")]


def _display_names(page: _Page) -> list[Named]:
    """Take the names that Exchange shows instead of addresses."""
    if "#" not in page.text and "MSEXCH:" not in page.text:
        return []
    names = {match["name"]: match["said"] for match in _DISPLAY_NAMES.finditer(page.text)}
    return [
        Named(name, said, inferred="the name in the text; no address stands there")
        for name, said in names.items()
    ]


_PLACES: tuple[Callable[[_Page], list[Named]], ...] = (
    _header_field,
    _headed_lines,
    _hierarchical_names,
    _transcript_lines,
    _named_lines,
    _labelled_lines,
    _begun_lines,
    _told_in_a_sentence,
    _to_in_the_text,
    _known_from_the_original,
    _expanded_only,
    _written_in_the_return_path,
    _sole_address,
    _local_names,
    _addressee_of_the_original,
    _display_names,
)


def _by_line(
    page: _Page,
    reader: Callable[[str], re.Match[str] | None],
    *,
    own_lines_only: bool = False,
) -> list[Named]:
    """Return the recipients that stand on lines of their own kind, each with what is below."""
    heads: list[tuple[int, int, re.Match[str]]] = []
    for at, line in page.lines:
        match = reader(line)
        if match and _may_fail(match["address"], page):
            heads.append((at, at + (match.end() if own_lines_only else 0), match))
            if len(heads) == _MOST_RECIPIENTS:
                break
    said: dict[str, list[str]] = {}
    spelled: dict[str, str] = {}
    original: dict[str, str] = {}
    for place, (_, below, match) in enumerate(heads):
        end = heads[place + 1][0] if place + 1 < len(heads) else len(page.text)
        address = match["address"].rstrip(".")
        about = f"{match.groupdict().get('remark') or ''}{page.text[below:end][:_LONGEST_ACCOUNT]}"
        spelled.setdefault(address.lower(), address)
        said.setdefault(address.lower(), []).append(about.strip())
        if expanded := _EXPANDED.search(about):
            original.setdefault(address.lower(), expanded[1])
    return [
        Named(spelled[key], "\n".join(filter(None, said[key])), original.get(key)) for key in said
    ]


def _is_of_a_list(original: Original) -> bool:
    """Say whether a list sent it: its To field is the list, not who it was sent to."""
    names = {name.lower() for name, _ in original.headers}
    return not names.isdisjoint({"list-id", "list-unsubscribe", "list-post", "x-mailman-version"})


def _may_fail(address: str, page: _Page) -> bool:
    if address.lower() in page.not_these or _NO_RECIPIENT.match(address):
        return False
    return not _is_offered(address, page.text)


def _is_offered(address: str, text: str) -> bool:
    """Say whether the text first names the address as somebody who helps."""
    at = max(0, text.find(address))
    begin = max(0, at - 80)
    # Looked for in its own line; where it begins one, in the one above too.
    line = text.rfind("\n", begin, max(begin, at - 1)) + 1
    return _OFFERED.search(text, max(begin, line), at) is not None


def _around(text: str, address: str) -> str:
    """Return the text from the paragraph on that first names the address."""
    at = text.lower().find(address.lower())
    start = text.rfind("\n\n", 0, max(at, 0)) + 1
    return text[start:][:_LONGEST_ACCOUNT]
