"""How often one client may do a thing. What is remembered is bounded, however many clients there are."""

from collections import OrderedDict, deque

_MOST_CLIENTS = 10_000


class Rates:
    """Counts what each client did within the last seconds."""

    def __init__(self, most: int, *, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, client: str, now: float) -> bool:
        """Count one more, or say that there were too many already."""
        if self.is_spent(client, now):
            return False
        self._times.setdefault(client, deque()).append(now)
        self._times.move_to_end(client)
        while len(self._times) > _MOST_CLIENTS:
            self._times.popitem(last=False)
        return True

    def is_spent(self, client: str, now: float) -> bool:
        """Say whether the client has to wait."""
        times = self._times.get(client)
        if times is None:
            return False
        while times and now - times[0] >= self._seconds:
            times.popleft()
        if not times:
            del self._times[client]
        return len(times) >= self._most

    def forget(self, client: str) -> None:
        """Let the client begin anew."""
        self._times.pop(client, None)
