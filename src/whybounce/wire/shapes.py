"""The shapes of the JSON that programs get, each property with what it means.

``schema`` makes the JSON Schemas of these classes; a test holds what ``wire`` builds to them. A
property is always there; what nobody said is null. New properties may come, and none changes its
meaning, while ``schema`` stays 1.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from whybounce.vocabulary.cause import Again, CheckName, Reason
from whybounce.vocabulary.explanation import Basis, Confidence
from whybounce.vocabulary.finding import Answer, Change
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.note import NoteId
from whybounce.vocabulary.outcome import Action
from whybounce.vocabulary.report import Kind

Schema = Annotated[
    Literal[1],
    Meta(description="The version of this shape. It changes when a property changes its meaning."),
]
CauseId = Annotated[
    str,
    Meta(
        description="Why, as the permanent id of a cause; `whybounce causes` lists them all.",
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
    ),
]
Owner = Annotated[
    FixItOwner, Meta(description="Who must act first. `nobody` where waiting is enough.")
]
Helpers = Annotated[list[FixItOwner], Meta(description="Who can help, besides who must act.")]
ReasonName = Annotated[
    Reason, Meta(description="Sisimai's reason, for those who move over from it.")
]
Suppressed = Annotated[
    bool,
    Meta(description="Whether to stop mailing the address. Never true for what may still arrive."),
]
Permanent = Annotated[
    bool | None,
    Meta(
        description="True: nobody tries any more. False: systems are still trying. Null: it arrived, or nothing tells."
    ),
]
Status = Annotated[
    Annotated[str, Meta(pattern=r"^[245]\.[0-9]{1,3}\.[0-9]{1,3}$")] | None,
    Meta(
        description="The enhanced status code, RFC 3463: class.subject.detail. Of a wrapped reply, the outer one."
    ),
]
ReplyCode = Annotated[
    Annotated[int, Meta(ge=200, le=599)] | None,
    Meta(
        description="The reply's three digits, RFC 5321 §4.2; of a wrapped reply, the outer ones."
    ),
]
Page = Annotated[
    str, Meta(description="Where the cause's own page is, below the site that shows them.")
]
Time = Annotated[
    Annotated[
        str,
        Meta(
            pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
            extra_json_schema={"format": "date-time"},
        ),
    ]
    | None,
    Meta(description="In UTC, RFC 3339."),
]


class _Shape(Struct, forbid_unknown_fields=True):
    """An object whose every property is named here."""


Sentences = list[str]


class Steps(_Shape, rename="kebab", omit_defaults=True):
    """What each role can do, the most probable step first, at most four each.

    A role without steps is left out. Commands to copy stand in backticks behind a prompt: `$` for a
    shell, `PS>` for PowerShell.
    """

    sender: Annotated[
        Sentences | UnsetType, Meta(description="The person who sent the message.")
    ] = UNSET
    sender_admin: Annotated[
        Sentences | UnsetType, Meta(description="Whoever runs the sending mail system and its DNS.")
    ] = UNSET
    recipient: Annotated[
        Sentences | UnsetType, Meta(description="The person who should have received it.")
    ] = UNSET
    recipient_admin: Annotated[
        Sentences | UnsetType, Meta(description="Whoever runs the receiving mail system.")
    ] = UNSET
    operator: Annotated[
        Sentences | UnsetType, Meta(description="Whoever runs the mail system that reports.")
    ] = UNSET


class AgainByClass(_Shape):
    """Whether sending again helps, by the class of the status code."""

    temporary: Annotated[Again, Meta(description="Where the code begins with 4.")] = field(name="4")
    permanent: Annotated[Again, Meta(description="Where the code begins with 5.")] = field(name="5")


class Because(_Shape):
    """Why we think so."""

    basis: Annotated[
        Basis,
        Meta(
            description="What kind of rule spoke, the strongest first: `wording`, `code`, `range`, `iana` (the registry), `class` (the first digit); `report` where the kind of report says it; `none`."
        ),
    ]
    rule: Annotated[
        str | None, Meta(description="The reply rule's permanent id, or the code that decided.")
    ]
    words: Annotated[
        str | None, Meta(description="The words of the reply that decided, in lower case.")
    ]
    overruled: Annotated[
        str | None,
        Meta(
            description="The cause that the code alone would have meant, where the words said otherwise."
        ),
    ]


class Alternative(_Shape):
    """Another thing that the same reply can mean."""

    cause: CauseId
    title: Annotated[str, Meta(description="That cause in a few words.")]
    owner: Owner
    rule: Annotated[
        str | None,
        Meta(description="The reply rule that also matched; null where only the code allows it."),
    ]
    decides: Annotated[
        str | None, Meta(description="What in a reply would decide for this one, in words.")
    ]


class Explain(_Shape):
    """One explanation: why mail was not delivered, who must act, and how.

    `whybounce explain --json` prints one for each text; of a whole bounce, one for each recipient.
    """

    schema: Schema
    input: Annotated[
        str | None, Meta(description="The text that was explained; null inside another answer.")
    ]
    status: Status
    reply_code: ReplyCode
    reply: Annotated[
        str | None, Meta(description="The outer reply on one line: numbers and words.")
    ]
    cause: CauseId
    title: Annotated[str, Meta(description="The cause in a few words.")]
    verdict: Annotated[
        str, Meta(description="The headline: the title, or that the code alone does not tell.")
    ]
    owner: Owner
    helpers: Helpers
    permanent: Permanent
    again: Annotated[
        Again,
        Meta(
            description="Whether sending the same message again helps. `no`: never. `after-fixing`: once whoever must act has acted. `later`: after a while, without anybody's doing. `being-retried`: the systems try by themselves."
        ),
    ]
    suppress: Suppressed
    reason: ReasonName
    what: Annotated[str, Meta(description="What happened, in one or two plain sentences.")]
    steps: Annotated[Steps, Meta(description="What to do, by role.")]
    tell: Annotated[
        str, Meta(description="One sentence that the sender can pass on to whoever must act.")
    ]
    codes: Annotated[list[str], Meta(description="The codes and ranges that the cause claims.")]
    confidence: Annotated[
        Confidence,
        Meta(
            description="How sure the answer is. `certain`: the words were written for. `likely`: words or code point here. `ambiguous`: the code has several meanings. `class-only` and `unknown` do not tell why."
        ),
    ]
    because: Annotated[Because, Meta(description="Which rule spoke, and which words decided.")]
    parameters: Annotated[
        dict[str, str],
        Meta(
            description="What the sentences are filled in with, as far as it is known: recipient, domain, "
            "remote, sender, sender_domain, ip, helo, list, url, limit."
        ),
    ]
    system: Annotated[
        str | None, Meta(description="The mail system that speaks, if its words tell.")
    ]
    alternatives: Annotated[
        list[Alternative],
        Meta(description="What else the reply can mean, the likeliest first."),
    ]
    inner: Annotated[
        "Explain | None",
        Meta(
            description="What the reply that is repeated inside this one means; it decides where it can be told."
        ),
    ]
    checked: Annotated[
        "Confirmation | None",
        Meta(description="What live checks say of the cause; null where none were asked for."),
    ]
    page: Page


class CauseEntry(_Shape):
    """One entry of the catalogue, its placeholders in braces unfilled: `whybounce causes --json`."""

    schema: Schema
    cause: CauseId
    title: Annotated[str, Meta(description="The cause in a few words.")]
    codes: Annotated[
        list[str], Meta(description="The codes and ranges it claims: 5.7.1, 5.7.606-649.")
    ]
    owner: Owner
    helpers: Helpers
    reason: ReasonName
    suppress: Annotated[
        bool, Meta(description="Whether to stop mailing an address that fails for good with it.")
    ]
    again: Annotated[
        AgainByClass, Meta(description="Whether sending the same message again helps.")
    ]
    what: Annotated[str, Meta(description="What happened, in one or two plain sentences.")]
    tell: Annotated[str, Meta(description="One sentence to pass on to whoever must act.")]
    steps: Annotated[Steps, Meta(description="What to do, by role.")]
    checks: Annotated[list[CheckName], Meta(description="The live checks that can confirm it.")]
    raised_by: Annotated[list[str], Meta(description="The gateway's policies that raise it.")]
    seeds: Annotated[list[str], Meta(description="Rows of Microsoft's table that it answers.")]
    source: Annotated[str, Meta(description="What the entry rests on: RFCs, makers' documents.")]
    systems: Annotated[list[str], Meta(description="The mail systems whose words lead to it.")]
    page: Page


class Attempt(_Shape):
    """One try at delivery."""

    time: Time
    remote: Annotated[str | None, Meta(description="The server that was tried.")]
    reply: Annotated[str | None, Meta(description="What it answered, on one line.")]


class Outcome(_Shape):
    """What became of one recipient."""

    recipient: Annotated[str | None, Meta(description="The address that the report is about.")]
    original_recipient: Annotated[
        str | None,
        Meta(
            description="The address that the sender wrote, where the report names it (RFC 3464 §2.3.1) or the address that the bounce came back to does (VERP; then it stands in `inferred`)."
        ),
    ]
    action: Annotated[
        Action | None, Meta(description="What the reporting system did, RFC 3464 §2.3.3.")
    ]
    status: Status
    reply_code: ReplyCode
    reply: Annotated[
        str | None, Meta(description="The server's reply on one line: numbers and words.")
    ]
    command: Annotated[
        str | None,
        Meta(
            description="The SMTP command that was answered: MAIL, RCPT, DATA …; greeting, if none was"
        ),
    ]
    remote: Annotated[str | None, Meta(description="The server that was talked to.")]
    rejected_by: Annotated[
        str | None,
        Meta(
            description="The server that refused; the generator's own name where no other is named."
        ),
    ]
    reply_from: Annotated[
        str | None, Meta(description="The server whose name stands inside the reply.")
    ]
    last_attempt: Time
    will_retry_until: Time
    attempts: Annotated[
        list[Attempt], Meta(description="The tries that the report lists, as it lists them.")
    ]
    inferred: Annotated[
        dict[str, str],
        Meta(
            description="The facts above that the report does not state, each with the rule it was inferred by."
        ),
    ]
    permanent: Permanent
    suppress: Suppressed
    reason: ReasonName
    cause: CauseId
    owner: Owner
    explanation: Annotated[
        Explain,
        Meta(description="The whole answer for this recipient, as `explain` gives it."),
    ]


class Original(_Shape):
    """The header of the message that was not delivered, as far as it was returned."""

    message_id: Annotated[
        str | None, Meta(description="Its Message-ID field, with its angle brackets.")
    ]
    from_: Annotated[str | None, Meta(description="Its From field, as it stands.")] = field(
        name="from"
    )
    to: Annotated[str | None, Meta(description="Its To field, as it stands.")]
    subject: Annotated[str | None, Meta(description="Its Subject field, decoded.")]
    date: Time
    sender: Annotated[str | None, Meta(description="Its Sender field, as it stands.")]
    received_spf: Annotated[
        str | None, Meta(description="Its newest Received-SPF field, RFC 7208 §9.1.")
    ]
    authentication_results: Annotated[
        str | None, Meta(description="Its newest Authentication-Results field, RFC 8601.")
    ]
    headers: Annotated[
        list[tuple[str, str]],
        Meta(description="All fields in order, each as a name and its unfolded value."),
    ]


class Note(_Shape):
    """Something worth knowing that the report does not say itself."""

    id: Annotated[NoteId, Meta(description="What is noted. Permanent.")]
    what: Annotated[str, Meta(description="It in words, with what it means in this case.")]
    because: Annotated[str, Meta(description="The evidence, in words.")]
    parameters: Annotated[
        dict[str, str | int | float],
        Meta(
            description="What the words are filled in with: servers, addresses, counts; spans of time in seconds."
        ),
    ]


class Hop(_Shape):
    """One step of the original's way, from its Received fields (RFC 5321 §4.4), the oldest first."""

    from_: Annotated[str | None, Meta(description="The server that handed it over.")] = field(
        name="from"
    )
    to: Annotated[str | None, Meta(description="The server that took it.")]
    with_: Annotated[str | None, Meta(description="The protocol: ESMTPS, LMTP …")] = field(
        name="with"
    )
    time: Time
    relay_seconds: Annotated[
        float | None,
        Meta(
            description="Seconds since the step before; of the first step, since the message's date. Negative where clocks differ."
        ),
    ]


class Defect(_Shape):
    """Something in the message that could not be used."""

    where: Annotated[str, Meta(description="Where in the message it stands.")]
    what: Annotated[str, Meta(description="What is wrong with it.")]


class Read(_Shape):
    """One message read and explained: `whybounce read --json` prints one for each."""

    schema: Schema
    source: Annotated[
        str | None,
        Meta(
            description="Where the message came from: a path, or - for standard input; `path#3` for the third mail of an mbox, `a.zip/b.eml` for a member of an archive."
        ),
    ]
    kind: Annotated[
        Kind, Meta(description="What the message is about delivery: its gravest action.")
    ]
    form: Annotated[
        str | None,
        Meta(description="The form it was read as: rfc3464, exchange-classic, qmail, text …"),
    ]
    generator: Annotated[str | None, Meta(description="The server that made the report.")]
    date: Time
    arrival_date: Time
    envelope_id: Annotated[str | None, Meta(description="The sender's ENVID, RFC 3461 §4.4.")]
    language: Annotated[str | None, Meta(description="The language the report says it is in.")]
    feedback_type: Annotated[
        str | None,
        Meta(
            description="What a complaint says it is, RFC 5965 §7.3: abuse, fraud, virus, not-spam, opt-out …; null in other messages."
        ),
    ]
    outcomes: Annotated[list[Outcome], Meta(description="What became of each recipient.")]
    original: Annotated[Original | None, Meta(description="The header of the message it is about.")]
    notes: Annotated[
        list[Note], Meta(description="What else the report shows, each with its evidence.")
    ]
    hops: Annotated[list[Hop], Meta(description="The original's way, the oldest step first.")]
    defects: Annotated[list[Defect], Meta(description="What could not be used, or is missing.")]


Count = Annotated[int, Meta(description="How many of them there are.", ge=0)]


class KindCount(_Shape):
    """How many mails are of one kind."""

    kind: Annotated[Kind, Meta(description="What the mails are about delivery.")]
    count: Count


class CauseCount(_Shape):
    """How many recipients one cause kept the message from."""

    cause: CauseId
    title: Annotated[str, Meta(description="That cause in a few words.")]
    count: Count


class OwnerCount(_Shape):
    """For how many recipients somebody must act."""

    owner: Owner
    count: Count


class DomainCount(_Shape):
    """How many recipients are of one domain."""

    domain: Annotated[str, Meta(description="The recipients' domain, in lower case.")]
    count: Count


class Summary(_Shape):
    """Many mails counted: what `whybounce read --summary --json` prints, once. Greatest counts first."""

    schema: Schema
    mails: Annotated[int, Meta(description="All mails, and all that should have been one.", ge=0)]
    unread: Annotated[
        int,
        Meta(description="Those that could not be read, or report nothing about delivery.", ge=0),
    ]
    complaints: Annotated[
        int, Meta(description="Those that say that somebody reported the mail as spam.", ge=0)
    ]
    recipients: Annotated[
        int, Meta(description="All recipients that the mails report on, repeated ones too.", ge=0)
    ]
    permanent: Annotated[int, Meta(description="Recipients for whom nobody tries any more.", ge=0)]
    temporary: Annotated[
        int, Meta(description="Recipients for whom systems are still trying.", ge=0)
    ]
    not_said: Annotated[
        int, Meta(description="Recipients who got it, or of whom nothing tells.", ge=0)
    ]
    kinds: Annotated[list[KindCount], Meta(description="How many mails are of each kind.")]
    causes: Annotated[list[CauseCount], Meta(description="How many recipients by cause.")]
    owners: Annotated[list[OwnerCount], Meta(description="How many recipients by who must act.")]
    domains: Annotated[
        list[DomainCount], Meta(description="The twenty most frequent domains of recipients.")
    ]


class Suppression(_Shape):
    """An address to stop mailing: what `whybounce read --suppress --json` prints, once for each."""

    schema: Schema
    address: Annotated[
        str, Meta(description="The address to stop mailing: the one the message was sent to.")
    ]
    recipient: Annotated[
        str | None,
        Meta(description="The address that the report names; another one where it was forwarded."),
    ]
    cause: CauseId
    title: Annotated[str, Meta(description="That cause in a few words.")]
    since: Annotated[
        Time, Meta(description="When it was refused; else when the bounce was written.")
    ]
    source: Annotated[str, Meta(description="The first mail that says so.")]


class Check(_Shape):
    """One finding: what `whybounce check --json` prints, once for each question it asked."""

    schema: Schema
    target: Annotated[str, Meta(description="The domain or address that was asked about.")]
    check: Annotated[CheckName, Meta(description="Which question it is; causes name it too.")]
    answer: Annotated[
        Answer,
        Meta(description="`holds`: in order. `fails`: not. `unknown`: it could not be found out."),
    ]
    result: Annotated[
        str, Meta(description="Which of the check's results it is: `softfail`, `no-name` …")
    ]
    question: Annotated[str, Meta(description="The question, in words.")]
    what: Annotated[str, Meta(description="The answer, in words.")]
    steps: Annotated[list[str], Meta(description="What mends it, most probable first.")]
    evidence: Annotated[str, Meta(description="What was seen, for administrators.")]
    record: Annotated[str | None, Meta(description="The record that decided, as it is published.")]
    parameters: Annotated[
        dict[str, str], Meta(description="What was filled into the words, by placeholder.")
    ]


class Confirmation(_Shape):
    """What live checks say of a cause, after the mail came back."""

    change: Annotated[
        Change,
        Meta(
            description="`confirmed`: something the cause names is not in order now. `cleared`: all of it is in order now. `unknown`: neither can be said."
        ),
    ]
    time: Annotated[Time, Meta(description="When was asked.")]
    then: Annotated[
        Time | None,
        Meta(description="When the mail came back: what was so then may be different now."),
    ]
    what: Annotated[str, Meta(description="That in words.")]
    findings: Annotated[list[Check], Meta(description="What was found, by question and target.")]
    lacking: Annotated[
        list[CheckName], Meta(description="Checks that decide, too, and could not be asked.")
    ]


class Provocation(_Shape):
    """What came of one condition: what `whybounce provoke --json` prints, once for each."""

    schema: Schema
    condition: Annotated[
        str, Meta(description="What was asked for: a cause, a code, or both as `cause=code`.")
    ]
    how: Annotated[str, Meta(description="How it is made to happen, in a few words.")]
    listener: Annotated[
        str, Meta(description="Where the message was handed over: `inbound` or `submission`.")
    ]
    sender: Annotated[str, Meta(description="Its return path; empty for the null one.")]
    recipients: Annotated[list[str], Meta(description="Whom it was sent to.")]
    raised: Annotated[
        bool, Meta(description="Whether the reply or the NDR was read as the cause asked for.")
    ]
    stage: Annotated[
        str,
        Meta(
            description="The command that was refused, by the gateway or by the server behind it; `delivery` where none was."
        ),
    ]
    status: Status
    reply: Annotated[
        str | None, Meta(description="What was said; of an NDR, the innermost reply it quotes.")
    ]
    cause: Annotated[CauseId | None, Meta(description="What was read, as the id of a cause.")]
    owner: Annotated[FixItOwner | None, Meta(description="Who must act first, as read.")]
    told_by: Annotated[
        Literal["reply", "ndr", "delay"] | None,
        Meta(
            description="`reply` where the gateway refused at once, `ndr` where a notice came, `delay` where that is of a message being tried still."
        ),
    ]
    notice: Annotated[
        str | None, Meta(description="The notice's file, while the demonstration keeps it.")
    ]
    seconds: Annotated[float, Meta(description="How long it took.", ge=0)]
    trouble: Annotated[str | None, Meta(description="Why nothing came of it, where nothing did.")]
