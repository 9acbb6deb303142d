"""The settings of a peer, from environment variables, and how long it waits for an answer."""

import socket

from tls import Tls


class Settings:
    def __init__(self, variables):
        def number(name, default):
            return float(variables.get(f"GOSSIP_{name}") or default)

        self.address = variables.get("GOSSIP_ADDRESS") or f"{socket.gethostbyname(socket.gethostname())}:7946"
        self.bind_host = variables.get("GOSSIP_BIND_HOST") or "0.0.0.0"
        self.admin_address = variables.get("GOSSIP_ADMIN_ADDRESS") or "127.0.0.1:7947"
        self.seeds = [seed for seed in variables.get("GOSSIP_SEEDS", "").split(",") if seed]
        self.cluster = variables.get("GOSSIP_CLUSTER") or "default"
        self.tls = Tls(variables)
        self.name = variables.get("GOSSIP_META_NAME") or socket.gethostname()
        self.ping_period_ms = number("PING_PERIOD_MS", 1000)
        self.exchange_timeout_ms = number("EXCHANGE_TIMEOUT_MS", min(5000, max(2500, 5 * self.ping_period_ms)))
        self.min_timeout_ms = number("MIN_TIMEOUT_MS", 200)
        self.suspicion_multiplier = number("SUSPICION_MULTIPLIER", 4)
        self.indirect_probes = int(number("INDIRECT_PROBES", 3))
        self.news_fanout = int(number("NEWS_FANOUT", 4))
        self.gather_ms = number("GATHER_MS", 5)
        self.tombstone_ttl_ms = number("TOMBSTONE_TTL_MS", 3_600_000)


class Timeouts:
    """How long an answer is waited for: the timeout of RFC 6298, stretched by the local health of Lifeguard."""

    def __init__(self, settings):
        self.settings, self.mean, self.deviation, self.score = settings, None, 0.0, 0

    def timeout_ms(self):
        expected = 1000 if self.mean is None else self.mean + 4 * self.deviation
        usual = max(self.settings.min_timeout_ms, expected)
        return min(self.settings.exchange_timeout_ms, usual * (1 + self.score))

    def answered(self, took_ms, is_late):
        self.score = max(0, self.score - (not is_late))
        if self.mean is None:
            self.mean, self.deviation = took_ms, took_ms / 2
        self.deviation += (abs(self.mean - took_ms) - self.deviation) / 4
        self.mean += (took_ms - self.mean) / 8

    def worsen(self):
        """The fault may be this peer's own. The score is 0 in full health and 8 at worst."""
        self.score = min(8, self.score + 1)
