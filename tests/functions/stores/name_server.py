"""A name server of the test's own, over UDP on this machine."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

Zone = dict[str, list[str]]


@contextmanager
def name_server(zone: Zone) -> Iterator[dns.resolver.Resolver]:
    """A resolver whose only server answers TXT questions from a zone, which may change meanwhile."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        thread = Thread(target=_serve, args=(listening, zone), daemon=True)
        thread.start()
        yield resolver_of(listening.getsockname()[1])
        listening.sendto(b"", listening.getsockname())
        thread.join(timeout=5)


@contextmanager
def silent_server() -> Iterator[dns.resolver.Resolver]:
    """A resolver whose only server takes questions and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        yield resolver_of(listening.getsockname()[1])


def resolver_of(port: int) -> dns.resolver.Resolver:
    """A resolver that asks 127.0.0.1 at a port."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    return resolver


def _serve(listening: socket.socket, zone: Zone) -> None:
    while True:
        wire, sender = listening.recvfrom(4096)
        if not wire:
            return
        question = dns.message.from_wire(wire)
        listening.sendto(_reply(question, zone).to_wire(), sender)


def _reply(question: dns.message.Message, zone: Zone) -> dns.message.Message:
    reply = dns.message.make_response(question, recursion_available=True)
    name = question.question[0].name
    texts = zone.get(name.to_text(omit_final_dot=True))
    if texts is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    elif texts:
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *(f'"{value}"' for value in texts)))
    return reply
