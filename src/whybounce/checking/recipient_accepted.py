"""Does the recipient's mail server take the address? RFC 5321 §3.3, §7.3.

Many servers take every address and decide later, so that one is taken proves little; that it is refused
is what a sender would be told as well.
"""

from whybounce.checking.mail_servers import Said
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding


def recipient_accepted(host: str, recipient: str, said: Said) -> Finding:
    """Return what the server's answer means for the recipient."""
    values = {"remote": host, "recipient": recipient, "reason": said.reply}
    answer, result = _RESULTS.get((said.command, said.reply[:1]), (Answer.UNKNOWN, "unknown"))
    evidence = f"{host} to {said.command or 'a connection'}: {said.reply}"
    return Finding(CheckName.RECIPIENT_ACCEPTED, answer, evidence, result, values)


_RESULTS = {
    ("RCPT", "2"): (Answer.HOLDS, "pass"),
    ("RCPT", "4"): (Answer.UNKNOWN, "deferred"),
    ("RCPT", "5"): (Answer.FAILS, "refused"),
    ("MAIL", "4"): (Answer.UNKNOWN, "sender"),
    ("MAIL", "5"): (Answer.UNKNOWN, "sender"),
}
