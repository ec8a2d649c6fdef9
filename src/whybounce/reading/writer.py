"""Who wrote a message, as its header tells: a mail system, an automatic answer, or a person."""

import re

from whybounce.notation import decoded_words
from whybounce.reading.mime import Message, Part

_SYSTEM = re.compile(
    r"mailer[- ]?daemon|mail[- ]?daemon|mdaemon|mail[ .](?:delivery|administrator)|delivery (?:sub)?system"
    r"|(?:^|[<\"' ])bounces?[@\"' >]|nondelivery|ndr@|microsoftexchange[0-9a-f]{16,}@|system administrator|anti-?virus.{0,20}gateway",
    re.IGNORECASE,
)
_FAILURE = re.compile(
    r"undeliver|non[ -]?deliver|not delivered|failure notice|failure notification|returned mail|delivery (?:status|fail|error|problem|report|delay)"
    r"|mail (?:delivery|failure|could not|system error)|message (?:could not|status|delayed|failed|not)|(?:could|can)not (?:be )?deliver"
    r"|failed (?:mail|delivery)|mail fail|returned to sender|error (?:sending|delivering)|rejected mail"
    r"|unzustellbar|nicht zugestellt|nicht zustellbar|zustell(?:ungs)?fehler|zustellung (?:ist )?fehlgeschlagen|non[ -](?:remis|délivr|distribu)|[ée]chec d(?:e |ans )(?:la )?(?:remise|distribution|livraison)"
    r"|no (?:se (?:pudo|puede|ha podido) )?entrega|(?:error|fallo) (?:de|en) (?:la )?entrega|mancato recapito|non recapit|(?:recapito|consegna) non riuscit|errore (?:di|nella) (?:consegna|recapito)"
    r"|impossibile (?:recapitare|consegnare)|não (?:foi )?(?:(?:possível )?entreg|pode ser entregue)|(?:falha|erro) (?:de|na) entrega|onbestelbaar|niet worden bezorgd|не ?доставлен"
    r"|не может быть доставлен|配信不能|配信できません|退信|无法送达|未送达|无法投递|無法傳遞|無法送達|無法投遞|未傳遞|반송|전송 ?실패|전달되지|배달되지"
    r"|nie ?dostarczon|nie ?doręczon|zwrot wiadomości|nedoru[čc](?:en|iteln)|teslim edilemedi|iletilemedi|(?:kunde|kunne) (?:inte|ikke) (?:levereras|leveres)|kézbesíthetetlen|nelivrat|^bounced?\b",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"\s*(?:\[[^\]]{0,40}\]\s*)?(?:fwd?|wg|tr|rv|i|enc|doorst|vs|vb|pd|re|aw|sv|转发|轉寄)\s?(?:\[\d{1,3}\])?:",
    re.IGNORECASE,
)
# "[Bug 4711] Undelivered mail": somebody's report to people about reports.
_TRACKED = re.compile(
    r"\s*(?:\w{2,3}:\s*)?\[[^\]]{0,40}(?:bug|ticket|issue|case|request|#)[^\]]{0,20}\d[^\]]{0,20}\]",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"\s*(?:\[[^\]]{1,60}\]\s*)?(?:auto(?:matic|mated)?[ -]?(?:reply|response(?! times?\b)|matische antwort)|out of (?:the )?office|away from (?:my|the)"
    r"|vacation(?:$|:| reply| notice| message| response| auto)|on (?:holiday|leave)\b|i am away"
    r"|abwesenheit|automatische antwort|r[ée]ponse automatique|absence(?:$|\s*:|\s+(?:du|de|au|temporaire)\b)|respuesta autom[áa]tica|fuera de la oficina|risposta automatica|fuori sede"
    r"|resposta autom[áàa]tica|aus[êe]ncia|automatisch antwoord|afwezig|autosvar|automatiskt? svar|automaattinen vastaus|automatick[áa] odpov[eě][ďd]|automatikus v[áa]lasz"
    r"|odpowied[źz] automatyczna|automatyczna odpowied[źz]|r[ăa]spuns automat|automatski odgovor|samodejni odgovor|otomatik yan[ıi]t|αυτόματη απάντηση|автоответ|автоматич\w+ (?:отв|від)"
    r"|自動(?:応答|返信|回覆|回复)|自动(?:回复|答复)|不在|자동 ?(?:회신|응답)|رد تلقائي|תשובה אוטומטית)",
    re.IGNORECASE,
)


# Postfix tells its postmaster what strangers said: "In:" and "Out:", from its greeting on.
_SESSION = re.compile(r"^ ?Out: [245]\d\d[ -].{0,400}\n(?:.{0,1000}\n){0,40}? ?In: ", re.MULTILINE)

# Thieves write like mail systems, but mail systems want no passwords. Looks at lower case.
_LURE = re.compile(
    r"\b(?:(?:verify|confirm|validate|re-?validate|update|upgrade|re-?activate|restore|unlock) your (?:e-?mail |mail ?box |mail )?(?:account|mailbox|password|identity|login|credentials|storage|quota)"
    r"|(?:sign|log)(?:ging|ning)?[ -]?in (?:with|using|to confirm|to verify|below|here)|(?:keep|retain|use) (?:the |your )?(?:same|current) password"
    r"|(?:release|retrieve|recover|review|deliver|view) (?:your |the |all |these |my )?(?:pending|held|blocked|undelivered|incoming|stuck|queued) (?:e-?mails?|mails?|messages?)"
    r"|account (?:will|shall) be (?:closed|suspended|terminated|deactivated|deleted)|bestätigen sie ihr (?:konto|passwort|postfach)|konto (?:bestätigen|verifizieren)"
    r"|(?:verifique|confirme|actualice) su (?:cuenta|contraseña|buzón)|(?:vérifiez|confirmez|validez) votre (?:compte|mot de passe|boîte)"
    r"|(?:verifica|conferma) (?:il tuo|la tua|il suo|la sua) (?:account|password|casella)|confirme sua (?:conta|senha))"
)
_SAID_BY_A_SERVER = re.compile(
    r"[45](?:(?<=\b.)\d\d[ -](?:#?[45]\.\d{1,3}\.\d|[a-z<])|\.[0-7]\.\d{1,3}\b)"
)

_FIRST_PARTS = 3

_RECEIVED = re.compile(r"\brequest received\b|\b(?:case|request) #?\d", re.IGNORECASE)
_ANSWERING_FIELDS = ("x-autoreply", "x-autorespond", "x-auto-reply-from", "x-rt-loop-prevention")


def is_by_a_mail_system(message: Message) -> bool:
    """Say whether the header names a mail system as the writer, and nobody has forwarded it."""
    return message.field("x-failed-recipients") is not None or _names_a_system(message)


def speaks_of_a_failure(message: Message) -> bool:
    """Say whether only the subject tells so, in a mail nobody forwarded, filed or sent to many."""
    # RFC 8058 and all senders of newsletters; a List-Id alone stands on what a list passed on.
    to_many = message.field("list-unsubscribe") or message.field("precedence") == "list"
    return not to_many and is_about_a_failure(message) and not _TRACKED.match(_subject(message))


def is_about_a_failure(message: Message) -> bool:
    """Say whether the subject tells so, in a mail that nobody has forwarded or answered."""
    subject = _subject(message)
    tells_so = _FAILURE.search(subject) is not None
    return tells_so and not (_FORWARDED.match(subject) or _AWAY.match(subject))


def is_by_a_postmaster(message: Message) -> bool:
    """Say whether the writer is one: a mail system, or the person who runs it."""
    return "postmaster" in (message.field("from") or "").lower().replace("_", "")


def _names_a_system(message: Message) -> bool:
    postmaster = is_by_a_postmaster(message)
    if postmaster and (has_a_null_return_path(message) or is_about_a_failure(message)):
        return True
    if _is_typed_as_a_report(message):
        return True
    writer = f"{message.field('from') or ''} {message.field('sender') or ''}"
    return _SYSTEM.search(decoded_words(writer)) is not None


def _is_typed_as_a_report(message: Message) -> bool:
    """Say whether it calls itself a report about delivery, RFC 6522 §3, where the report itself is lost."""
    kind = (message.field("content-type") or "").lower()
    return kind.startswith("multipart/report") and "delivery-status" in kind


def is_a_session(text: str) -> bool:
    """Say whether the text is what another server said to this one: nobody's message came back."""
    return " Out: " in text and _SESSION.search(text) is not None


def is_a_lure(message: Message, text: str) -> bool:
    """Say whether the text wants a password and quotes no server: a bounce in looks only."""
    if not any(map(_may_hold_a_link, message.parts[:_FIRST_PARTS])):
        return False
    words = " ".join(text[:16_384].lower().split())
    return not said_by_a_server(words) and _LURE.search(words) is not None


def said_by_a_server(text: str) -> bool:
    """Say whether the text quotes what a mail server replied: numbers and words, or a status code."""
    return _SAID_BY_A_SERVER.search(text[:16_384].lower()) is not None


def _may_hold_a_link(part: Part) -> bool:
    encoding = part.field("content-transfer-encoding") or ""
    return part.holds(b"http") or encoding.strip().lower() == "base64"


def has_a_null_return_path(message: Message) -> bool:
    """Say whether no answer is wanted: RFC 5321 §4.5.5, as notifications of all kinds have it."""
    return (message.field("return-path") or "").strip() == "<>"


def wants_an_answer(message: Message) -> bool:
    """Say whether what comes back goes to who wrote it: people and helpdesks want that, reports do not."""
    path = (message.field("return-path") or "").strip(" <>").lower()
    return "@" in path and path in (message.field("from") or "").lower()


def is_an_automatic_reply(message: Message) -> bool:
    """Say whether a program answered in somebody's name, RFC 3834 §5 and what came before it."""
    kind = (message.field("auto-submitted") or "").split("(")[0].split(";")[0].strip().lower()
    if kind in {"auto-replied", "vacation"}:
        return True
    precedence = (message.field("precedence") or "").strip().lower()
    if precedence == "auto_reply" or any(message.field(name) for name in _ANSWERING_FIELDS):
        return True
    if _AWAY.match(_subject(message)):
        return True
    # A ticket system says "generated" where it answers: RFC 3834 §5 keeps that for what nobody asked for.
    answers = message.field("in-reply-to") or message.field("references")
    return kind == "auto-generated" and bool(answers or _RECEIVED.search(_subject(message)))


def _subject(message: Message) -> str:
    return decoded_words(message.field("subject") or "")
