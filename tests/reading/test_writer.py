"""The header tells who wrote a mail: a mail system, a program in somebody's name, or a person."""

import pytest

from whybounce.reading.writer import (
    has_a_null_return_path,
    is_about_a_failure,
    is_an_automatic_reply,
    is_by_a_mail_system,
    is_by_a_postmaster,
)

BY_SYSTEMS = [
    "From: MAILER-DAEMON@mail.example.net (Mail Delivery System)",
    "From: MAILER-DAEMON (Mail Delivery Subsystem)",
    "From: Mail Delivery System <Mailer-Daemon@mail.example.net>",
    "From: postmaster@example.net",
    "From: System Administrator",
    "From: =?utf-8?B?TWFpbCBEZWxpdmVyeSBTeXN0ZW0=?= <x@example.net>",
    "From: someone@example.net\nSender: mailer-daemon@example.net",
    "From: someone@example.net\nX-Failed-Recipients: anna@example.org",
    "From: <>\nSubject: Lunch\nContent-Type: multipart/report; report-type=delivery-status; boundary=b",
    "From: someone@example.net\nSubject: Undeliverable: Lunch",
    "From: someone@example.net\nSubject: failure notice",
    "From: someone@example.net\nSubject: Returned mail: see transcript for details",
    "From: someone@example.net\nSubject: Delivery Status Notification (Failure)",
    "From: someone@example.net\nSubject: Unzustellbar: Mittagessen",
    "From: someone@example.net\nSubject: =?utf-8?Q?Non_remis_:_D=C3=A9jeuner?=",
    "From: someone@example.net\nSubject: Message non délivré",
    "From: someone@example.net\nSubject: Onbestelbaar: Lunch",
    "From: someone@example.net\nSubject: =?iso-2022-jp?B?GyRCR1s/LklURz0bKEI=?=",
    "From: someone@example.net\nSubject: 系统退信",
]

BY_OTHERS = [
    "From: Chris <chris@example.net>",
    "From: Chris <chris@example.net>\nSubject: Lunch",
    "From: Chris <chris@example.net>\nSubject: Fwd: Undeliverable: Lunch",
    "From: Chris <chris@example.net>\nSubject: RE: failure notice",
    "From: Chris <chris@example.net>\nSubject: WG: Unzustellbar: Mittagessen",
    "From: Chris <chris@example.net>\nSubject: [desk] Fwd: Returned mail: see transcript for details",
    "From: Chris <chris@example.net>\nSubject: Re[2]: Undeliverable: Lunch",
    "From: Post Office Mastery <news@example.net>\nSubject: Ten masterly posts",
    "From: bounceback@example.net\nSubject: Trampolines",
    "From: someone@example.net\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b",
]


@pytest.mark.parametrize("header", BY_SYSTEMS, ids=[header[-44:] for header in BY_SYSTEMS])
def test_a_mail_system_is_known_by_its_name_or_its_subject(message, header):
    """In the reader's language, and behind encoded words."""
    mail = message(f"{header}\n\nx\n")

    assert is_by_a_mail_system(mail) or is_about_a_failure(mail) or is_by_a_postmaster(mail)


@pytest.mark.parametrize("header", BY_OTHERS, ids=[header[-44:] for header in BY_OTHERS])
def test_a_person_who_forwards_a_bounce_is_no_mail_system(message, header):
    """Nor is one whose name or subject only sounds like it."""
    assert not is_by_a_mail_system(message(f"{header}\n\nx\n"))


@pytest.mark.parametrize(
    ("field", "null"),
    [
        ("Return-Path: <>", True),
        ("Return-path:  <> ", True),
        ("Return-Path: <chris@example.net>", False),
        ("Return-Path: <#@[]>", False),
        ("X: y", False),
    ],
)
def test_a_null_return_path_wants_no_answer(message, field, null):
    """RFC 5321 §4.5.5."""
    assert has_a_null_return_path(message(f"{field}\n\nx\n")) is null


AUTOMATIC = [
    "Auto-Submitted: auto-replied",
    "Auto-Submitted: Auto-Replied (vacation); owner-email=anna@example.org",
    "Auto-Submitted: auto-generated\nSubject: Out of office: Lunch",
    "Precedence: auto_reply",
    "X-Autoreply: yes",
    "X-Autorespond: Lunch",
    "Subject: Automatic reply: Lunch",
    "Subject: Out of the office: Lunch",
    "Subject: Abwesenheitsnotiz: Mittagessen",
    "Subject: Automatische Antwort: Mittagessen",
    "Subject: =?utf-8?Q?R=C3=A9ponse_automatique_:_D=C3=A9jeuner?=",
    "Subject: Respuesta automática: Almuerzo",
    "Subject: Risposta automatica: pranzo",
    "Subject: Resposta automática: almoço",
    "Subject: Automatisch antwoord: lunch",
    "Subject: Autosvar: lunch",
    "Subject: 自動応答: 昼食",
    "Subject: 自动回复: 午餐",
    "Subject: 自動回覆: 午餐",
    "Subject: =?utf-8?Q?Automatick=C3=A1_odpov=C4=9B=C4=8F:_ob=C4=9Bd?=",
    "Subject: Odpowiedź automatyczna: obiad",
    "Subject: Automatikus válasz: ebéd",
    "Subject: Automatisk svar: lunsj",
    "Subject: Automaattinen vastaus: lounas",
    "Subject: Otomatik yanıt: yemek",
    "Subject: Αυτόματη απάντηση: γεύμα",
    "Subject: Автоматический ответ: обед",
    "Subject: Автоматична відповідь: обід",
    "Subject: 자동 회신: 점심",
]

BY_HAND = [
    "Subject: Lunch",
    "Subject: Re: Out of office: Lunch",
    "Auto-Submitted: no",
    "Auto-Submitted: auto-generated",
    "Auto-Submitted: auto-generated (failure)\nSubject: Returned mail",
    "Precedence: bulk",
    "Subject: My automatic reply does not work",
]


@pytest.mark.parametrize("header", AUTOMATIC, ids=AUTOMATIC)
def test_a_program_that_answers_in_somebodys_name_says_so(message, header):
    """By RFC 3834 §5, by what came before it, or by its subject in the writer's language."""
    assert is_an_automatic_reply(message(f"From: anna@example.org\n{header}\n\nx\n"))


@pytest.mark.parametrize("header", BY_HAND, ids=BY_HAND)
def test_what_people_and_other_programs_write_is_no_automatic_reply(message, header):
    """Even if it is about one."""
    assert not is_an_automatic_reply(message(f"From: anna@example.org\n{header}\n\nx\n"))
