# The hands of the lab inside one network namespace: echo servers, probes by real sockets, raw packets. Reads requests as JSON lines
# from standard input, answers as JSON lines in the order they finish (each request has a thread, so that probes that time out do so
# side by side), and ends when standard input closes. Standard library only.

import array
import errno
import json
import os
import socket
import struct
import sys
import threading
import time

SO_MARK = 36
replies = threading.Lock()
connections = {}


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def resolve(address, port):
    # getaddrinfo turns "fe80::1%eth0" into an address with its scope.
    return socket.getaddrinfo(address, port, family_of(address), 0, 0, socket.AI_NUMERICHOST)[0][4]


def echo_stream(connection):
    with connection:
        while True:
            try:
                data = connection.recv(4096)
                if not data:
                    return
                connection.sendall(data)
            except OSError:
                return


def serve_stream(server):
    while True:
        connection, _ = server.accept()
        threading.Thread(target=echo_stream, args=(connection,), daemon=True).start()


def serve_datagrams(server):
    while True:
        data, peer = server.recvfrom(4096)
        try:
            server.sendto(data, peer)
        except OSError:
            pass  # the way back may be closed by the ruleset under test


def listen(protocol, address, port):
    """An echo server; it answers until the agent ends."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    server = socket.socket(family_of(address), kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if ":" in address:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind(resolve(address, port))
    if protocol == "tcp":
        server.listen(64)
    run = serve_stream if protocol == "tcp" else serve_datagrams
    threading.Thread(target=run, args=(server,), daemon=True).start()


def outcome_of(error):
    """The word for a failed attempt, from the errno the kernel gave."""
    if isinstance(error, TimeoutError):
        return "timeout"
    words = {errno.ECONNREFUSED: "refused", errno.ECONNRESET: "reset", errno.EPERM: "denied", errno.EACCES: "denied"}
    return words.get(error.errno, "unreachable")


def connect(protocol, address, port, source, timeout):
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    connection = socket.socket(family_of(address), kind)
    connection.settimeout(timeout)
    if source:
        connection.bind(resolve(source["address"], source.get("port", 0)))
    connection.connect(resolve(address, port))
    return connection


def talk(connection):
    """One message there and back over a connection; the word for what happened."""
    try:
        connection.sendall(b"probe")
        return "open" if connection.recv(64) else "closed"
    except OSError as error:
        return outcome_of(error)


def probe(protocol, address, port, source=None, timeout=0.5):
    connection = None
    try:
        connection = connect(protocol, address, port, source, timeout)
        return talk(connection)
    except OSError as error:
        return outcome_of(error)
    finally:
        if connection:
            connection.close()


def open_connection(key, address, port, source=None, timeout=0.5):
    """A TCP connection that stays, to see what becomes of an established flow."""
    connections[key] = connect("tcp", address, port, source, timeout)
    return talk(connections[key])


def exchange(key, timeout=0.5):
    connections[key].settimeout(timeout)
    return talk(connections[key])


def close_connection(key):
    connections.pop(key).close()


def checksum(data):
    words = array.array("H", data + b"\0" * (len(data) % 2))
    total = sum(words)
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ping(address, source=None, timeout=0.5):
    v6 = ":" in address
    protocol = socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP
    # A new identifier each time: an old one would belong to a flow that connection tracking knows.
    own = os.urandom(4)
    with socket.socket(family_of(address), socket.SOCK_RAW, protocol) as raw:
        if source:
            raw.bind(resolve(source, 0))
        head = struct.pack("!BBH", 128 if v6 else 8, 0, 0) + own
        if not v6:
            head = head[:2] + struct.pack("H", checksum(head)) + own
        try:
            raw.sendto(head, resolve(address, 0))
            end = time.monotonic() + timeout
            while True:
                raw.settimeout(max(end - time.monotonic(), 0.001))
                data = raw.recv(2048)
                message = data if v6 else data[(data[0] & 15) * 4 :]
                if message[0] == (129 if v6 else 0) and message[4:8] == own:
                    return "open"
        except OSError as error:
            return outcome_of(error)


def inject(frames):
    """Frames as they would come from the wire at the other end of an interface's cable."""
    # One socket for all: closing a packet socket waits for an RCU grace period. Protocol 0: it receives nothing.
    if "frames" not in connections:
        connections["frames"] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    for frame in frames:
        connections["frames"].sendto(bytes.fromhex(frame["bytes"]), (frame["interface"], 0))


def emit(packets):
    """IP packets of this host, through its own output hook. Returns the errors, one entry a packet, null where it was sent."""
    results = []
    for packet in packets:
        with socket.socket(family_of(packet["destination"]), socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            if packet.get("device"):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, packet["device"].encode() + b"\0")
            raw.setsockopt(socket.SOL_SOCKET, SO_MARK, packet.get("mark", 0))
            try:
                raw.sendto(bytes.fromhex(packet["bytes"]), resolve(packet["destination"], 0))
                results.append(None)
            except OSError as error:
                results.append(errno.errorcode.get(error.errno, str(error)))
    return results


def forget_flows():
    """Empties the connection tracking table: IPCTNL_MSG_CT_DELETE without a tuple (nf_conntrack_netlink.c)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netlink:
        for family in (socket.AF_INET, socket.AF_INET6):
            netlink.send(struct.pack("=IHHIIBBH", 20, (1 << 8) | 2, 1 | 4, 1, 0, family, 0, 0))
            error = struct.unpack_from("=i", netlink.recv(1024), 16)[0]
            if error:
                raise OSError(-error, os.strerror(-error))


def sysctl(values):
    for name, value in values.items():
        with open("/proc/sys/" + name, "w", encoding="ascii") as file:
            file.write(str(value))


operations = {
    "listen": listen,
    "probe": probe,
    "open": open_connection,
    "exchange": exchange,
    "close": close_connection,
    "ping": ping,
    "inject": inject,
    "emit": emit,
    "forgetFlows": forget_flows,
    "sysctl": sysctl,
}


def answer(request):
    try:
        reply = {"id": request["id"], "result": operations[request["op"]](**request["with"])}
    except Exception as error:  # whatever it was, the test that asked must hear of it
        reply = {"id": request["id"], "error": f"{request['op']}: {error}"}
    with replies:
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


for line in sys.stdin:
    threading.Thread(target=answer, args=(json.loads(line),), daemon=True).start()
