"""Who wrote a message, as its header tells: a mail system, an automatic answer, or a person."""

import re

from whybounce.notation import decoded_words
from whybounce.reading.mime import Message

_SYSTEM = re.compile(
    r"mailer-?daemon|mail-?daemon|post_?master|mdaemon|mail[ .](?:delivery|administrator)|delivery (?:sub)?system"
    r"|(?:^|[<\"' ])bounces?[@\"' >]|nondelivery|ndr@|system administrator|anti-?virus.{0,20}gateway",
    re.IGNORECASE,
)
_FAILURE = re.compile(
    r"undeliver|non[ -]?deliver|not delivered|failure notice|failure notification|returned mail|delivery (?:status|fail|error|problem|report|delay)"
    r"|mail (?:delivery|failure|could not|system error)|message (?:could not|status|delayed|failed|not)|(?:could|can)not (?:be )?deliver"
    r"|failed (?:mail|delivery)|mail fail|returned to sender|error (?:sending|delivering)|rejected mail"
    r"|unzustellbar|nicht zugestellt|nicht zustellbar|non remis|[ée]chec de (?:la )?remise|no (?:se pudo )?entrega|mancato recapito"
    r"|impossibile recapitare|não (?:foi )?(?:entregue|pode ser entregue)|onbestelbaar|niet worden bezorgd|не ?доставлен"
    r"|не может быть доставлен|配信不能|配信できません|退信",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"\s*(?:\[[^\]]{0,40}\]\s*)?(?:fwd?|wg|tr|rv|i|enc|doorst|vs|vb|pd|re|aw|sv|转发|轉寄)\s?(?:\[\d{1,3}\])?:",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"\s*(?:auto(?:matic|mated)?[ -]?(?:reply|response|matische antwort)|out of (?:the )?office|away from|vacation|on (?:holiday|leave)|i am away"
    r"|abwesenheit|automatische antwort|réponse automatique|absence|respuesta automática|fuera de la oficina|risposta automatica|fuori sede"
    r"|resposta automática|ausência|automatisch antwoord|afwezig|autosvar|自動応答|不在|自动回复|автоответ)",
    re.IGNORECASE,
)


def is_by_a_mail_system(message: Message) -> bool:
    """Say whether the header names a mail system as the writer, and nobody has forwarded it."""
    if message.field("x-failed-recipients"):
        return True
    writer = f"{message.field('from') or ''} {message.field('sender') or ''}"
    if _SYSTEM.search(decoded_words(writer)):
        return True
    subject = decoded_words(message.field("subject") or "")
    return bool(_FAILURE.search(subject)) and not _FORWARDED.match(subject)


def has_a_null_return_path(message: Message) -> bool:
    """Say whether no answer is wanted: RFC 5321 §4.5.5, as notifications of all kinds have it."""
    return (message.field("return-path") or "").strip() == "<>"


def is_an_automatic_reply(message: Message) -> bool:
    """Say whether a program answered in somebody's name, RFC 3834 §5 and what came before it."""
    kind = (message.field("auto-submitted") or "").split("(")[0].split(";")[0].strip().lower()
    if kind in {"auto-replied", "vacation", "auto-generated"}:
        return kind != "auto-generated" or bool(_AWAY.match(_subject(message)))
    precedence = (message.field("precedence") or "").strip().lower()
    marked = precedence == "auto_reply" or any(
        message.field(name) for name in ("x-autoreply", "x-autorespond", "x-auto-reply-from")
    )
    return marked or bool(_AWAY.match(_subject(message)))


def _subject(message: Message) -> str:
    return decoded_words(message.field("subject") or "")
