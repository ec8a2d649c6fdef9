"""DATA and BDAT: the message itself. RFC 5321 §4.1.1.4, RFC 3030."""

import re
from collections.abc import Callable

from whybounce.gateway.smtp.server import answers
from whybounce.gateway.smtp.server.answers import Answer
from whybounce.gateway.smtp.server.body import BodyCheck, ChunkReader, DotReader, Flaw
from whybounce.gateway.smtp.server.conversation import Conversation, Stage, Waiting, is_refusal
from whybounce.gateway.smtp.server.events import BodyBegins, BodyChunk, MessageComplete
from whybounce.vocabulary.reply import Reply

_FLAWS = {
    Flaw.BARE: answers.BARE_LINE_FEEDS,
    Flaw.NUL: answers.HOLDS_NUL,
    Flaw.TOO_LARGE: answers.MESSAGE_TOO_LARGE,
}
_BDAT = re.compile(r"([0-9]{1,20})(?: +(LAST))?", re.IGNORECASE)

# A message that is too large is read to its end, to be answered there, if that is no farther away
# than this many times the limit.
_PATIENCE = 2


# Where RFC 3030 §2 makes a refused chunk spoil the message.
_IN_MESSAGE = frozenset({Stage.RECIPIENTS, Stage.CHUNKS, Stage.SPOILT})


def data(conversation: Conversation, _argument: str) -> None:
    """Take the message until a dot alone on a line: DATA."""
    envelope = conversation.present_envelope()
    conversation.ask(BodyBegins(conversation.session, envelope), _after_data)


def _after_data(conversation: Conversation, reply: Reply | None) -> None:
    if is_refusal(reply):
        conversation.passes(reply, answers.SEND_MESSAGE)
        conversation.forget_message()
        return
    conversation.say(answers.SEND_MESSAGE)
    conversation.body = DotReader(_check(conversation), conversation.incoming)
    conversation.reading = _read_data
    conversation.waiting = Waiting.MESSAGE
    conversation.message_began = conversation.now


def _check(conversation: Conversation) -> BodyCheck:
    settings = conversation.settings
    return BodyCheck(settings.limits.message_octets, settings.line_ends, settings.nul_octets)


def _read_data(conversation: Conversation) -> bool:
    body, before = conversation.body, len(conversation.incoming)
    if not isinstance(body, DotReader):
        raise TypeError("DATA is read by a DotReader")
    most = conversation.limits.message_octets
    if body.check.octets > _PATIENCE * most:
        conversation.hang_up(answers.MESSAGE_TOO_LARGE, limit=str(most))
    elif body.is_complete:
        conversation.reading = None
        conversation.waiting = Waiting.COMMAND
        _complete(conversation, body.check)
    else:
        _hand_on(conversation, body.read())
        return len(conversation.incoming) < before
    return True


def _hand_on(conversation: Conversation, piece: bytes) -> None:
    body = conversation.body
    if body is not None and body.check.flaw is not None:
        conversation.drop_body()
    elif piece:
        conversation.events.append(BodyChunk(piece))


def _complete(conversation: Conversation, check: BodyCheck) -> None:
    conversation.moved = conversation.now
    if check.flaw is not None:
        conversation.refuse(_FLAWS[check.flaw], limit=str(conversation.limits.message_octets))
        conversation.forget_message()
        return
    conversation.body = None
    envelope = conversation.present_envelope()
    conversation.ask(MessageComplete(conversation.session, envelope, check.octets), _after_message)


def _after_message(conversation: Conversation, reply: Reply | None) -> None:
    if conversation.passes(reply, answers.MESSAGE_ACCEPTED):
        conversation.tally.idle_commands = 0
    conversation.forget_message()


def bdat(conversation: Conversation, argument: str) -> None:
    """Take the next octets of the message: BDAT."""
    _begin_chunk(conversation, argument, None)


def skipping(answer: Answer) -> Callable[[Conversation, str], None]:
    """Make the handler of a BDAT that may not be: its octets come, are passed over and answered."""
    return lambda conversation, argument: _begin_chunk(conversation, argument, answer)


def _begin_chunk(conversation: Conversation, argument: str, refusal: Answer | None) -> None:
    match = _BDAT.fullmatch(argument)
    if match is None:
        # How many octets to pass over nobody knows; they must not be taken for commands.
        conversation.hang_up(answers.BDAT_SYNTAX)
        return
    chunk = _Chunk(int(match[1]), refusal, is_last=match[2] is not None)
    conversation.reading = chunk.read
    conversation.waiting = Waiting.MESSAGE
    if conversation.stage is not Stage.CHUNKS:
        conversation.message_began = conversation.now
    if refusal is None and conversation.body is None:
        conversation.body = ChunkReader(_check(conversation))
        envelope = conversation.present_envelope()
        conversation.ask(BodyBegins(conversation.session, envelope), chunk.after_question)


class _Chunk:
    """One BDAT: octets by the count."""

    def __init__(self, size: int, refusal: Answer | None, *, is_last: bool) -> None:
        self._size = self._left = size
        self._refusal: Answer | Reply | None = refusal  # Said when the octets have come.
        self._is_last = is_last
        self._is_here = False  # All its octets have come.

    def after_question(self, conversation: Conversation, reply: Reply | None) -> None:
        """Take the answer to BodyBegins."""
        if is_refusal(reply):
            self._refusal = reply
            conversation.body = None

    def read(self, conversation: Conversation) -> bool:
        """Take what has arrived."""
        if self._is_here:
            conversation.reading = None
            conversation.waiting = Waiting.COMMAND
            conversation.moved = conversation.now
            self._end(conversation)
            return True
        if self._left == self._size:
            self._check_size(conversation)
        octets = conversation.incoming.take(self._left)
        self._left -= len(octets)
        self._is_here = not self._left
        if self._refusal is None:
            _hand_on(conversation, _chunk_reader(conversation).read(octets))
        return self._is_here or bool(octets)

    def _check_size(self, conversation: Conversation) -> None:
        """Refuse before it has come what is going to be too large."""
        most = conversation.limits.message_octets
        before = conversation.body.check.octets if conversation.body else 0
        if before + self._size > most:
            self._refusal = self._refusal or answers.MESSAGE_TOO_LARGE
            conversation.drop_body()
        if self._size > _PATIENCE * most:
            conversation.hang_up(answers.MESSAGE_TOO_LARGE, limit=str(most))

    def _end(self, conversation: Conversation) -> None:
        if self._refusal is None:
            body = _chunk_reader(conversation)
            if self._is_last:
                _hand_on(conversation, body.finish())
            self._refusal = _FLAWS[body.check.flaw] if body.check.flaw else None
        if self._refusal is not None:
            self._refuse(conversation, self._refusal)
        elif self._is_last:
            _complete(conversation, _chunk_reader(conversation).check)
        else:
            conversation.say(answers.CHUNK_ACCEPTED.filled(octets=str(self._size)))
            conversation.stage = Stage.CHUNKS

    def _refuse(self, conversation: Conversation, refusal: Answer | Reply) -> None:
        conversation.drop_body()
        conversation.body = None
        if isinstance(refusal, Answer):
            conversation.refuse(refusal, limit=str(conversation.limits.message_octets))
        else:
            conversation.passes(refusal, refusal)
        if self._is_last and conversation.stage in _IN_MESSAGE:
            conversation.forget_message()
        elif conversation.stage in _IN_MESSAGE:
            conversation.stage = Stage.SPOILT


def _chunk_reader(conversation: Conversation) -> ChunkReader:
    if not isinstance(conversation.body, ChunkReader):
        raise TypeError("BDAT is read by a ChunkReader")
    return conversation.body
